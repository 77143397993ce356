// Shortcuts of one key, for hands that stay on the keyboard. Never while typing; they can be switched off (WCAG 2.1.4).
const OFF = "relais.keys";
const HELP = [
  ["j, k", "conversation suivante, précédente"],
  ["Entrée", "ouvrir la conversation choisie"],
  ["r", "écrire la réponse"],
  ["t", "prendre la conversation"],
  ["m", "choisir une réponse prête"],
  ["n", "écrire une note"],
  ["l", "revenir à la liste"],
  ["c", "chercher"],
  ["?", "cette aide"],
];
const isTyping = (target) => target.closest?.("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
const isOn = () => localStorage.getItem(OFF) !== "off";
const focusOn = (selector) => {
  const found = near(selector);
  found?.focus();
  found?.scrollIntoView({ block: "nearest" });
  return found;
};
// In the column where one is, else in the first.
const near = (selector) => document.activeElement?.closest?.("[data-talk]")?.querySelector(selector) ?? document.querySelector(selector);

function step(by) {
  const rows = [...document.querySelectorAll("[data-row]")];
  const at = rows.indexOf(document.activeElement?.closest?.("li:has([data-row])")?.querySelector("[data-row]"));
  rows[Math.min(rows.length - 1, Math.max(0, at + by))]?.focus();
}

const actions = {
  j: () => step(1),
  k: () => step(-1),
  r: () => focusOn("form[data-send] textarea"),
  t: () => near("form[data-take]")?.requestSubmit(),
  m: () => focusOn("[data-ready] select"),
  n: () => focusOn("form[data-note] textarea"),
  l: () => location.assign("/pro/conversations/"),
  c: () => location.assign("/pro/conversations/chercher"),
};

function panel() {
  const dialog = document.createElement("dialog");
  dialog.className = "keys";
  dialog.setAttribute("aria-labelledby", "keys-title");
  const title = Object.assign(document.createElement("h2"), { id: "keys-title", textContent: "Raccourcis d’une touche" });
  const list = document.createElement("dl");
  for (const [key, what] of HELP) {
    const name = document.createElement("dt");
    name.append(Object.assign(document.createElement("kbd"), { textContent: key }));
    list.append(name, Object.assign(document.createElement("dd"), { textContent: what }));
  }
  const label = Object.assign(document.createElement("label"), { className: "check" });
  const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: isOn() });
  box.addEventListener("change", () => localStorage.setItem(OFF, box.checked ? "on" : "off"));
  label.append(box, "Raccourcis actifs sur cet ordinateur");
  const more = Object.assign(document.createElement("p"), { className: "soft", textContent: "Ctrl + Entrée envoie la réponse. Tapez /raccourci puis Tab dans la case pour une réponse prête." });
  const close = Object.assign(document.createElement("button"), { type: "button", className: "button button-quiet", textContent: "Fermer" });
  close.addEventListener("click", () => dialog.close());
  dialog.append(title, list, more, label, close);
  document.body.append(dialog);
  return dialog;
}

let help;
function toggle() {
  help ??= panel();
  if (help.open) help.close();
  else help.showModal();
}

for (const button of document.querySelectorAll("[data-keys]")) {
  button.hidden = false;
  button.addEventListener("click", toggle);
}
document.addEventListener("keydown", (event) => {
  if (document.documentElement.classList.contains("is-locked")) return;
  if (!isOn() || event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing || isTyping(event.target)) return;
  if (event.key === "?") toggle();
  else if (actions[event.key] && !help?.open) actions[event.key]();
  else return;
  event.preventDefault();
});
