// The desk: the threads that move, ready answers put where the cursor is.
import "../foundation/autosave.js";
import "../foundation/suggest.js";
import "./keys.js";
import "./presence.js";
import "./thread.js";

function insert(box, text) {
  const start = box.selectionStart;
  const before = box.value.slice(0, start);
  box.setRangeText(before && !/\s$/.test(before) ? `\n\n${text}` : text, start, box.selectionEnd, "end");
  box.dispatchEvent(new Event("input", { bubbles: true }));
  box.focus();
}

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
