// What awaits somebody changes without them: looked at again when the page is seen again, and every minute while it is.
import { ask, repeat } from "../foundation/live.js";

const list = document.getElementById("taches");

async function refresh() {
  const text = await ask(location.href);
  if (!text) return;
  const fresh = new DOMParser().parseFromString(text, "text/html").getElementById("taches");
  const held = list.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  if (!fresh || fresh.innerHTML === list.innerHTML) return;
  list.replaceChildren(...fresh.childNodes);
  document.dispatchEvent(new Event("moved"));
  if (held) list.querySelector(`a[href="${CSS.escape(held)}"]`)?.focus();
}

repeat(refresh, 60);
