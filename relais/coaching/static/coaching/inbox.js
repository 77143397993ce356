// A list that refreshes itself when something happens, and every half minute for the minutes that pass: the inbox, the wall.
import { follow, repeat } from "../foundation/live.js";
import "./keys.js";
import "./presence.js";

const list = document.getElementById("liste");
const SOON = 1000;
// On a busy line something happens every moment: of the time that an answer takes, a page rests so many times as long.
const REST = 4;
let waiting;
let busy = false;
let rest = SOON;

// What a refresh must not take away from under somebody's hands: the focus, the boxes ticked, a choice begun.
function held() {
  const active = document.activeElement;
  const inside = list.contains(active) ? active : null;
  return {
    busy: inside?.matches("select") || [...list.querySelectorAll("select")].some((choice) => choice.value),
    link: inside?.closest("a")?.getAttribute("href"),
    box: inside?.matches("input[type=checkbox]") ? inside.value : null,
    opened: new Set([...list.querySelectorAll("details[open]")].map((group) => group.dataset.kept)),
    ticked: new Set([...list.querySelectorAll("input[name=c]:checked")].map((box) => box.value)),
  };
}

function show(html) {
  const before = held();
  if (before.busy) return;
  list.innerHTML = html;
  for (const box of list.querySelectorAll("input[name=c]")) box.checked = before.ticked.has(box.value);
  for (const group of list.querySelectorAll("details[data-kept]")) group.open = before.opened.has(group.dataset.kept);
  if (before.link) list.querySelector(`a[href="${CSS.escape(before.link)}"]`)?.focus();
  if (before.box) list.querySelector(`input[value="${CSS.escape(before.box)}"]`)?.focus();
}

async function refresh() {
  if (busy) return soon();
  busy = true;
  const start = performance.now();
  await ask();
  busy = false;
  rest = Math.max(SOON, REST * (performance.now() - start));
}

// Many things happen at once on a busy line: one refresh for all of them.
function soon() {
  waiting ??= setTimeout(() => {
    waiting = undefined;
    refresh();
  }, rest);
}

const ask = follow({ stream: () => list.dataset.live, events: { changed: soon }, question: () => list.dataset.list, told: show, shown: [list] });
repeat(refresh, Number(list.dataset.every ?? 30));
