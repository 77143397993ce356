// What awaits somebody changes without them: looked at again when the page is seen again, and every minute while it is.
const list = document.getElementById("taches");
const MINUTE = 60_000;

async function refresh() {
  if (document.hidden) return;
  try {
    const answer = await fetch(location.href, { redirect: "error" });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("taches");
    const held = list.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    if (!fresh || fresh.innerHTML === list.innerHTML) return;
    list.replaceChildren(...fresh.childNodes);
    if (held) list.querySelector(`a[href="${CSS.escape(held)}"]`)?.focus();
  } catch {
    // The line is cut: the next turn looks again.
  }
}

document.addEventListener("visibilitychange", refresh);
setInterval(refresh, MINUTE);
