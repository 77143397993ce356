// Suggestions while one types, in one way: a box that is a combobox, a list below it, how many said aloud.
// input[data-suggest="/address"] asks GET /address?q=… for {"results": […]}, names or {"label"}. Without this module it is a plain box,
// and the page that it leads to answers all the same.
const QUIET = 150;
const make = (tag, values = {}) => Object.assign(document.createElement(tag), values);
let boxes = 0;

// combobox(box, { list, told, find, pick }): `find(words)` gives the options as elements, in groups if need be, or a sentence why there are none;
// `pick(option)` takes one; `none` says that nothing was found, to no less than `fewest` letters.
// `stays`: the list does not fold, and Enter takes the first. Gives back { ask, close }.
export function combobox(box, { list, told, find, pick, none = "Aucune proposition.", fewest = 0, stays = false }) {
  const id = `propositions-${++boxes}`;
  let timer;
  let turn = 0;
  let shown = null;
  let at = -1;
  const options = () => [...list.querySelectorAll("[role=option]")];

  list.id = id;
  list.setAttribute("role", "listbox");
  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-controls": id, "aria-expanded": "false" })) box.setAttribute(name, value);
  box.autocomplete = "off";
  told.setAttribute("role", "status");

  function move(to) {
    const all = options();
    all[at]?.setAttribute("aria-selected", "false");
    at = all.length ? (to + all.length + 1) % (all.length + 1) : -1;
    const chosen = at < all.length ? all[at] : undefined;
    if (!chosen) at = -1;
    chosen?.setAttribute("aria-selected", "true");
    chosen?.scrollIntoView({ block: "nearest" });
    if (chosen) box.setAttribute("aria-activedescendant", chosen.id);
    else box.removeAttribute("aria-activedescendant");
  }

  function show(found, words) {
    shown = typeof found === "string" ? null : words;
    list.replaceChildren(...(typeof found === "string" ? [] : found));
    const all = options();
    all.forEach((one, number) => Object.assign(one, { id: `${id}-${number}`, ariaSelected: "false" }));
    at = -1;
    list.hidden = !all.length;
    box.setAttribute("aria-expanded", String(all.length > 0));
    move(stays && all.length ? 0 : -1);
    if (!stays) list.scrollIntoView({ block: "nearest" });
    const number = `${all.length} ${all.length > 1 ? "propositions" : "proposition"}`;
    told.textContent = typeof found === "string" ? found : all.length ? number : none;
  }

  function close() {
    clearTimeout(timer);
    turn += 1;
    shown = null;
    at = -1;
    list.hidden = true;
    list.replaceChildren();
    told.textContent = "";
    box.setAttribute("aria-expanded", "false");
    box.removeAttribute("aria-activedescendant");
  }

  async function ask() {
    clearTimeout(timer);
    const words = box.value;
    if (words.trim().length < fewest) return close();
    const mine = ++turn;
    const found = await find(words);
    // What was typed since is asked already; an answer that came too late is not shown, nor below a box that was left.
    if (mine === turn && (document.activeElement === box || stays)) show(found, words);
  }

  box.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, QUIET);
  });
  box.addEventListener("keydown", async (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) await ask();
      move(event.key === "ArrowDown" ? at + 1 : at < 0 ? options().length - 1 : at - 1);
    } else if (event.key === "Escape" && !list.hidden && !stays) {
      // A search box would empty itself besides.
      event.preventDefault();
      close();
    } else if (event.key === "Enter" && stays) {
      // Enter goes where the words in the box lead, and not where those before them led.
      event.preventDefault();
      if (shown !== box.value) await ask();
      if (shown === box.value && options()[at]) pick(options()[at]);
    } else if (event.key === "Enter" && options()[at]) {
      event.preventDefault();
      pick(options()[at]);
      close();
    }
  });
  list.addEventListener("mousedown", (event) => stays || event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (!option || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    pick(option);
    if (!stays) close();
  });
  if (!stays) box.addEventListener("blur", close);
  return { ask, close };
}

for (const box of document.querySelectorAll("input[data-suggest]")) {
  const list = make("ul", { className: "suggested", hidden: true });
  const told = make("p", { className: "sr" });
  const place = make("div", { className: "suggesting" });
  list.setAttribute("aria-label", "Propositions");
  const hadFocus = document.activeElement === box;
  box.replaceWith(place);
  place.append(box, list, told);
  if (hadFocus) box.focus();
  combobox(box, {
    list,
    told,
    fewest: 2,
    async find(words) {
      const answer = await fetch(`${box.dataset.suggest}?q=${encodeURIComponent(words.trim())}`).catch(() => null);
      if (!answer?.ok) return "";
      const { results } = await answer.json();
      return results.map((one) => {
        const option = make("li", { textContent: one.label ?? one });
        option.setAttribute("role", "option");
        return option;
      });
    },
    pick: (option) => (box.value = option.textContent),
  });
}
