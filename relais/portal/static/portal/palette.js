// Ctrl + K: go to a thing by its name, from anywhere. The link « Aller à » opens the same page without this module.
import { combobox } from "../foundation/suggest.js";

const link = document.querySelector("[data-palette]");
const make = (tag, values = {}) => Object.assign(document.createElement(tag), values);
let dialog, box, suggestions, token;

// By POST, as the page: a name that is sought stays out of addresses and logs. The first answer, to no words, gives the token of the form.
async function find(words) {
  const sent = token ? { method: "POST", body: new URLSearchParams({ mots: words }), headers: { "X-CSRFToken": token } } : {};
  const answer = await fetch(link.href, { ...sent, headers: { ...sent.headers, Accept: "application/json" } }).catch(() => null);
  if (answer?.status === 401) document.dispatchEvent(new Event("locked"));
  const { kinds, token: given } = (answer?.ok && !answer.redirected && (await answer.json().catch(() => null))) || {};
  if (!kinds) return answer?.redirected || answer?.status === 403 ? "Votre session est finie : rechargez la page pour vous reconnecter." : "La recherche ne répond pas. Fermez, et passez par le menu.";
  const first = !token;
  token = given;
  return first && words ? find(words) : kinds.flatMap(group);
}

// A group of the list with its name: a heading has no place in a list of options.
function group({ kind, found }) {
  const part = make("div");
  part.setAttribute("role", "group");
  part.setAttribute("aria-label", kind);
  const title = make("p", { className: "kind", textContent: kind });
  title.setAttribute("aria-hidden", "true");
  part.append(title, ...found.map(row));
  return part;
}

function row({ words, hint, address }) {
  const place = make("a", { href: address, textContent: words, tabIndex: -1 });
  place.setAttribute("role", "option");
  if (hint) place.append(" ", make("span", { className: "soft", textContent: hint }));
  return place;
}

function build() {
  dialog = make("dialog", { className: "palette" });
  dialog.setAttribute("aria-label", "Aller à");
  box = make("input", { type: "text", maxLength: 60, placeholder: "Une page, un nom…" });
  box.setAttribute("aria-label", "Un nom, ou son début");
  const list = make("div");
  list.setAttribute("aria-label", "Réponses");
  const told = make("p", { className: "soft" });
  const close = make("button", { type: "button", className: "button button-quiet", textContent: "Fermer" });
  close.addEventListener("click", () => dialog.close());
  dialog.append(box, told, list, close);
  // Opened out of a menu that is closed since, there is nowhere to give the focus back to but its button.
  dialog.addEventListener("close", () => document.activeElement === document.body && document.querySelector(".menu-button")?.focus());
  document.body.append(dialog);
  suggestions = combobox(box, { list, told, find, pick: (option) => location.assign(option.href), none: "Rien de ce nom.", stays: true });
}

function open(event) {
  if (event.type === "click" && (event.ctrlKey || event.metaKey || event.shiftKey)) return;
  event.preventDefault();
  // Nothing opens over the cover of a locked session.
  if (document.documentElement.classList.contains("is-locked")) return;
  if (!dialog) build();
  if (dialog.open) return;
  box.value = "";
  dialog.showModal();
  suggestions.ask();
}

if (link) {
  link.addEventListener("click", open);
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") open(event);
  });
}
