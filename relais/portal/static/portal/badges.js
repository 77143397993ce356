// What awaits somebody at each place of the menu, counted again when something happens on a page that stays open.
import { ask } from "../foundation/live.js";

const menu = document.querySelector("[data-badges]");
const REST = 5000;
let waiting;

function write(badge, number) {
  if (badge.firstChild?.textContent === String(number)) return;
  const seen = Object.assign(document.createElement("span"), { textContent: number });
  seen.setAttribute("aria-hidden", "true");
  badge.hidden = !number;
  badge.replaceChildren(...(number ? [seen, Object.assign(document.createElement("span"), { className: "sr", textContent: `, ${number} à traiter` })] : []));
}

const sum = (badges) => badges.reduce((total, badge) => total + Number(badge.firstChild?.textContent ?? 0), 0);
const ofLinks = (place) => [...place.querySelectorAll("a > [data-waiting]")];

// A group, and on a telephone the whole menu, say on their button how much waits behind it.
function add() {
  for (const button of menu.querySelectorAll("button")) write(button.querySelector("[data-waiting]"), sum(ofLinks(document.getElementById(button.getAttribute("popovertarget")))));
  const all = document.querySelector("[data-waiting=all]");
  if (all) write(all, sum(ofLinks(menu)));
}

async function refresh() {
  waiting = undefined;
  const text = await ask(menu.dataset.badges);
  if (!text) return;
  const told = JSON.parse(text);
  for (const badge of ofLinks(menu)) write(badge, told[badge.parentElement.getAttribute("href")] ?? 0);
  add();
}

if (menu) {
  add();
  document.addEventListener("moved", () => (waiting ??= setTimeout(refresh, REST)));
}
