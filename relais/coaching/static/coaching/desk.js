// The desk: the threads that move, a draft kept on the server while it is typed, ready answers put where the cursor is.
import "./keys.js";
import "./presence.js";
import "./thread.js";

const QUIET = 700;

// Keeps the box of one form. What cannot reach the server stays in this tab, and comes back with the page.
function keep(form) {
  const box = form.elements.body;
  const told = form.querySelector("[data-kept]");
  const name = `draft:${form.dataset.draft}`;
  let timer;
  let flying;
  let saved = box.value;

  const left = sessionStorage.getItem(name);
  if (left) {
    box.value = left;
    timer = setTimeout(save, QUIET);
  }

  async function save(closing = false) {
    clearTimeout(timer);
    if (box.value === saved || box.readOnly) return;
    const text = box.value;
    flying?.abort();
    flying = new AbortController();
    try {
      const sent = { method: "POST", body: new FormData(form), headers: { Accept: "application/json" }, redirect: "error", keepalive: closing, signal: flying.signal };
      const answer = await fetch(form.dataset.autosave, sent);
      if (!answer.ok) throw new Error((await answer.json()).error);
      saved = text;
      sessionStorage.removeItem(name);
      told.textContent = text.trim() ? "Brouillon gardé." : "";
    } catch (error) {
      if (error.name === "AbortError") return;
      sessionStorage.setItem(name, text);
      const cut = error instanceof TypeError || error instanceof SyntaxError;
      // What the form itself was just told is not said twice.
      const why = form.querySelector("[data-problem]:not([hidden])") ? "." : `. ${error.message}`;
      told.textContent = `Brouillon gardé dans cet onglet seulement${cut ? " : la connexion est coupée ou votre session est finie." : why}`;
    }
  }

  box.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(save, QUIET);
  });
  addEventListener("pagehide", () => save(true));
  document.addEventListener("visibilitychange", () => document.hidden && save(true));
  // What leaves is no draft any more: nothing may be kept of it after it was sent.
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    flying?.abort();
    saved = box.value;
    sessionStorage.removeItem(name);
    told.textContent = "";
  });
  form.addEventListener("refused", () => {
    saved = null;
    save();
  });
}

function insert(box, text) {
  const start = box.selectionStart;
  const before = box.value.slice(0, start);
  box.setRangeText(before && !/\s$/.test(before) ? `\n\n${text}` : text, start, box.selectionEnd, "end");
  box.dispatchEvent(new Event("input", { bubbles: true }));
  box.focus();
}

for (const form of document.querySelectorAll("form[data-autosave]")) keep(form);
// The last words are what one answers.
for (const thread of document.querySelectorAll("[data-talk] .thread")) thread.scrollTop = thread.scrollHeight;

for (const ready of document.querySelectorAll("form[data-ready]")) {
  const box = ready.closest("[data-talk]").querySelector("form[data-send] textarea");
  const choice = ready.elements.modele;
  ready.addEventListener("submit", (event) => {
    event.preventDefault();
    insert(box, choice.selectedOptions[0].dataset.text);
  });
  // « /horaires » then Tab becomes the answer of that name.
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Tab" || event.shiftKey) return;
    const typed = box.value.slice(0, box.selectionStart).match(/(?:^|\s)\/([\w-]+)$/);
    const option = typed && [...choice.options].find((one) => one.dataset.shortcut === typed[1]);
    if (!option) return;
    event.preventDefault();
    box.setRangeText("", box.selectionStart - typed[1].length - 1, box.selectionStart, "end");
    insert(box, option.dataset.text);
  });
}
