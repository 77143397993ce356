// Ctrl + K: go to a thing by its name, from anywhere. The link « Aller à » opens the same page without this module.
const link = document.querySelector("[data-palette]");
const make = (tag, values = {}) => Object.assign(document.createElement(tag), values);
let dialog, box, list, told, token, waiting, last = 0;
let shown = null; // The words to which the list answers.

async function ask(words) {
  const number = ++last;
  const options = token ? { method: "POST", body: new URLSearchParams({ mots: words }), headers: { "X-CSRFToken": token } } : {};
  const answer = await fetch(link.href, { ...options, headers: { ...options.headers, Accept: "application/json" } }).catch(() => null);
  // What was typed since is asked already; an answer that came too late is not shown.
  if (number !== last) return;
  const { kinds, token: given } = (answer?.ok && !answer.redirected && (await answer.json().catch(() => null))) || {};
  if (!kinds) return say(answer?.redirected || answer?.status === 403 ? "Votre session est finie : rechargez la page pour vous reconnecter." : "La recherche ne répond pas. Fermez, et passez par le menu.");
  const first = !token;
  token = given;
  if (first && box.value) return ask(box.value);
  shown = words;
  // Who has gone down into the list already stays on the same thing, or on the first.
  const at = list.contains(document.activeElement) ? document.activeElement.href : null;
  list.replaceChildren(...kinds.flatMap(({ kind, found }) => [make("h2", { textContent: kind }), ...found.map(row)]));
  if (at) ([...list.querySelectorAll("a")].find((one) => one.href === at) ?? list.querySelector("a") ?? box).focus();
  const count = list.querySelectorAll("a").length;
  told.textContent = count ? `${count} ${count > 1 ? "réponses" : "réponse"}` : "Rien de ce nom.";
}

function say(words) {
  shown = null;
  list.replaceChildren();
  told.textContent = words;
}

// Enter goes where the words in the box lead, and not where those before them led.
async function enter() {
  clearTimeout(waiting);
  if (shown !== box.value) await ask(box.value);
  if (shown === box.value) list.querySelector("a")?.click();
}

function row({ words, hint, address }) {
  const place = make("a", { href: address, textContent: words });
  if (hint) place.append(" ", make("span", { className: "soft", textContent: hint }));
  return place;
}

function step(event, by) {
  const rows = [box, ...list.querySelectorAll("a")];
  const at = rows.indexOf(document.activeElement);
  rows[(at + by + rows.length) % rows.length].focus();
  event.preventDefault();
}

function build() {
  dialog = make("dialog", { className: "palette" });
  dialog.setAttribute("aria-label", "Aller à");
  box = make("input", { type: "text", maxLength: 60, autocomplete: "off", placeholder: "Une page, un nom…" });
  box.setAttribute("aria-label", "Un nom, ou son début");
  list = make("div");
  // How many, and not the whole list, is read aloud.
  told = make("p", { className: "soft" });
  told.setAttribute("role", "status");
  box.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => ask(box.value), 120);
  });
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") step(event, 1);
    if (event.key === "ArrowUp") step(event, -1);
    if (event.key === "Enter" && event.target === box) enter();
  });
  const close = make("button", { type: "button", className: "button button-quiet", textContent: "Fermer" });
  close.addEventListener("click", () => dialog.close());
  dialog.append(box, told, list, close);
  // Opened out of a menu that is closed since, there is nowhere to give the focus back to but its button.
  dialog.addEventListener("close", () => document.activeElement === document.body && document.querySelector(".menu-button")?.focus());
  document.body.append(dialog);
}

function open(event) {
  if (event.type === "click" && (event.ctrlKey || event.metaKey || event.shiftKey)) return;
  event.preventDefault();
  if (!dialog) build();
  if (dialog.open) return;
  box.value = "";
  shown = null;
  dialog.showModal();
  ask("");
}

if (link) {
  link.addEventListener("click", open);
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") open(event);
  });
}
