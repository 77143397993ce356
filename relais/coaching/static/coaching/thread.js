// Conversations that move by themselves; plain forms without any of this.
import { keep } from "../foundation/autosave.js";
import { ask, follow, repeat } from "../foundation/live.js";

function move(thread) {
  let last = Number(thread.dataset.last);
  const said = thread.closest(".said");

  function show(html) {
    // A page that opens at its end stays there; who reads what was said before is told that there is something new.
    const atEnd = said && Math.abs(said.scrollTop) < 40;
    const help = said && document.querySelector("#secours:not(.folded) > section");
    const holder = document.createElement("template");
    holder.innerHTML = html;
    const before = last;
    for (const item of holder.content.querySelectorAll("li[data-seq]")) {
      const seq = Number(item.dataset.seq);
      if (thread.querySelector(`[data-seq="${seq}"]`)) continue; // already there: a stream may repeat itself after a cut
      const after = [...thread.children].findLast((other) => Number(other.dataset.seq) < seq);
      if (after) after.after(item);
      else thread.prepend(item);
      last = Math.max(last, seq);
      if (!said) item.scrollIntoView({ block: "nearest" });
      else if (atEnd || item.classList.contains("mine")) said.scrollTop = 0;
      else if (!help) tellFresh(said, item);
      // Somebody answers the words of danger: the numbers become one line, and the answer is in sight.
      if (help && !item.matches(".mine, .from-program")) {
        help.parentElement.classList.add("folded");
        item.scrollIntoView({ block: "nearest" });
      }
    }
    if (last > before) {
      place();
      alarm(thread);
    }
  }

  return follow({
    stream: () => `${thread.dataset.live}?after=${last}`,
    events: { message: show },
    question: () => `${thread.dataset.news}${thread.dataset.news.includes("?") ? "&" : "?"}apres=${last}`,
    told: show,
    shown: [thread, ...(thread.closest("[data-talk]") ?? document).querySelectorAll("[data-alarms], .keep, .own-code")],
  });
}

function tellFresh(said, item) {
  const button = document.querySelector("[data-fresh]");
  if (!button) return;
  button.hidden = false;
  button.onclick = () => {
    button.hidden = true;
    item.scrollIntoView({ block: "start" });
  };
  said.addEventListener("scroll", () => Math.abs(said.scrollTop) < 40 && (button.hidden = true));
}

// Where one stands in the queue: asked again when something was said, and every half minute while one waits.
const waiting = document.getElementById("attente");
async function place() {
  const html = waiting && (await ask(waiting.dataset.wait));
  // When the line is cut, what was last known stays.
  if (!html || html.trim() === waiting.innerHTML.trim()) return;
  waiting.innerHTML = html;
  document.getElementById("qui-repond").textContent = waiting.querySelector("[data-who]").textContent.trim();
}
// At the desk: what a message that just came signals is asked for at once. What is being typed in answer to an alarm stays.
async function alarm(thread) {
  const box = thread.closest("[data-talk]")?.querySelector("[data-alarms]");
  const html = box && (await ask(box.dataset.alarms));
  if (!html) return;
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  const last = (from) => from.querySelector("[data-last]")?.dataset.last;
  if (last(fresh.content) === last(box)) return;
  const typed = box.querySelector("[name=reason]")?.value;
  box.replaceChildren(fresh.content);
  if (typed) box.querySelector("[name=reason]")?.setAttribute("value", typed);
}
if (waiting) repeat(() => waiting.querySelector("[data-waits]") && place(), 30);

const askers = new Map([...document.querySelectorAll(".thread[data-live]")].map((thread) => [thread, move(thread)]));
const askerOf = (form) => askers.get((form.closest("[data-talk]") ?? document).querySelector(".thread[data-live]"));

for (const link of document.querySelectorAll("[data-refresh]")) link.hidden = true;

for (const form of document.querySelectorAll("form[data-send]")) {
  const problem = form.querySelector("[data-problem]");
  const button = form.querySelector("button");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    problem.hidden = true;
    button.disabled = true;
    const text = form.elements.body.value;
    try {
      const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" }, redirect: "error" });
      const told = await answer.json();
      if (!answer.ok) throw new Error(told.error);
      form.elements.key.value = told.key;
      if (form.elements.body.value === text) form.elements.body.value = "";
      const secours = document.getElementById("secours");
      if (told.help) {
        secours.innerHTML = told.help;
        secours.classList.remove("folded");
      }
      // The page says who holds the conversation: it is asked for again when that changed.
      if (told.reload) location.reload();
      else await askerOf(form)();
      if (told.help) secours.scrollIntoView({ block: "start" });
    } catch (error) {
      // The text stays in its box; sending again with the same key never makes two messages.
      problem.textContent = error instanceof TypeError || error instanceof SyntaxError ? form.dataset.cut ?? "La connexion est coupée. Le texte est gardé : renvoie-le quand elle revient." : error.message;
      problem.hidden = false;
      keep(form);
      form.dispatchEvent(new Event("refused"));
    } finally {
      button.disabled = false;
      form.elements.body.focus();
    }
  });
  form.elements.body.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
}
