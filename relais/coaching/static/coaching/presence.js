// This page says that it is open while somebody looks at it, and learns who else is here: every five seconds beside a conversation,
// where two people may begin to write at once, and less often elsewhere. The first letter typed is told at once.
const talks = [...document.querySelectorAll("form[data-draft], [data-beside]")].map((item) => item.dataset.draft ?? item.dataset.beside);
const conversations = [...new Set(talks)].join(",");
const BEAT = conversations ? 5000 : 10000;
let typedAt = 0;
let typedIn = "";
let asked = 0;
let shown = 0;

document.addEventListener("input", (event) => {
  const typing = event.target.closest?.("form[data-draft]");
  if (!typing) return;
  const begins = typing.dataset.draft !== typedIn || !isTyping();
  typedAt = Date.now();
  typedIn = typing.dataset.draft;
  if (begins) beat();
});

const isTyping = () => Date.now() - typedAt < 2 * BEAT;

const form = document.querySelector("form[data-presence]");

function show(told) {
  for (const line of document.querySelectorAll("[data-beside]")) {
    const others = told.beside[line.dataset.beside] ?? [];
    const text = others.map((other) => `${other.name} ${other.writing ? "est en train d’écrire ici" : "a cette conversation ouverte"}.`).join(" ");
    if (line.textContent.trim() !== text) line.textContent = text;
    line.hidden = !others.length;
    line.classList.toggle("clash", others.some((other) => other.writing));
  }
  for (const count of document.querySelectorAll("[data-bell] [data-count]")) {
    if (count.textContent !== String(told.mentions)) count.textContent = told.mentions;
    count.hidden = !told.mentions;
  }
}

async function beat() {
  if (document.hidden) return;
  const body = new FormData(form);
  body.set("c", conversations);
  if (isTyping()) body.set("writing", typedIn);
  const turn = ++asked;
  try {
    const answer = await fetch(form.action, { method: "POST", body, redirect: "error" });
    const told = answer.ok && (await answer.json());
    // Two beats may cross on a slow line: an older answer never takes the place of a newer one.
    if (told && turn > shown) {
      shown = turn;
      show(told);
    }
  } catch {
    // The line is cut: the next beat says it again.
  }
}

beat();
setInterval(beat, BEAT);
document.addEventListener("visibilitychange", beat);
