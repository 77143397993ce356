// Ctrl + K: go to a thing by its name, from anywhere. The link « Aller à » opens the same page without this module.
const link = document.querySelector("[data-palette]");
const make = (tag, values = {}) => Object.assign(document.createElement(tag), values);
let dialog, box, list, token, last = 0;

async function ask(words) {
  const number = ++last;
  const options = token ? { method: "POST", body: new URLSearchParams({ mots: words }), headers: { "X-CSRFToken": token } } : {};
  const answer = await fetch(link.href, { ...options, headers: { ...options.headers, Accept: "application/json" } }).catch(() => null);
  // What was typed since is asked already; an answer that came too late is not shown.
  if (number !== last) return;
  if (!answer?.ok) return list.replaceChildren(make("p", { textContent: "La recherche ne répond pas. Fermez, et passez par le menu." }));
  const told = await answer.json();
  const first = !token;
  token = told.token;
  if (first && box.value) return ask(box.value);
  show(told.kinds);
}

function show(kinds) {
  list.replaceChildren(...kinds.flatMap(({ kind, found }) => [make("h2", { textContent: kind }), ...found.map(row)]));
  if (!kinds.length) list.replaceChildren(make("p", { textContent: "Rien de ce nom." }));
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
  box = make("input", { type: "search", maxLength: 60, autocomplete: "off", placeholder: "Une page, un nom…" });
  box.setAttribute("aria-label", "Un nom, ou son début");
  list = make("div");
  list.setAttribute("role", "status");
  let waiting;
  box.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => ask(box.value), 120);
  });
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") step(event, 1);
    if (event.key === "ArrowUp") step(event, -1);
    if (event.key === "Enter" && event.target === box) list.querySelector("a")?.click();
  });
  const close = make("button", { type: "button", className: "button button-quiet", textContent: "Fermer" });
  close.addEventListener("click", () => dialog.close());
  dialog.append(box, list, close);
  document.body.append(dialog);
}

function open(event) {
  event.preventDefault();
  if (!dialog) build();
  if (dialog.open) return;
  box.value = "";
  dialog.showModal();
  ask("");
}

if (link) {
  link.addEventListener("click", open);
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") open(event);
  });
}
