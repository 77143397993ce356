// The inbox refreshes itself when something happens, and every half minute for the minutes that pass.
const list = document.getElementById("liste");

async function refresh() {
  try {
    const answer = await fetch(list.dataset.list, { redirect: "error" });
    if (!answer.ok) return;
    const focused = document.activeElement?.closest?.("#liste a")?.getAttribute("href");
    list.innerHTML = await answer.text();
    if (focused) list.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
  } catch {
    // The line is cut: the next turn looks again.
  }
}

setInterval(refresh, 30000);
if (list.dataset.live && "EventSource" in window) {
  new EventSource(list.dataset.live).addEventListener("changed", refresh);
}
