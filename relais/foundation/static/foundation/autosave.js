// What is typed and not sent, in one way: form[data-draft], the box named « body ». It stays in this tab, and where the form says where
// (data-autosave) on the server too; there, what could not leave waits in the tab.
// It is of one person (data-owner, who is signed in) in one conversation (data-draft), so it comes back to nobody else on a shared computer.
const QUIET = 700;
const MINE = "draft:";
const HALF_AN_HOUR = 30 * 60_000;

const nameOf = (form) => `${MINE}${form.dataset.owner ?? ""}:${form.dataset.draft}`;
const drafts = () => Object.keys(sessionStorage).filter((name) => name.startsWith(MINE));

export function forget(names = drafts()) {
  for (const name of names) sessionStorage.removeItem(name);
}

export const keep = (form) => sessionStorage.setItem(nameOf(form), JSON.stringify({ text: form.elements.body.value, at: Date.now() }));
const drop = (form) => sessionStorage.removeItem(nameOf(form));

// Before anybody said who they are (data-passing) a text has no owner: it comes back soon, and to who came from a page of ours or reloads.
function left(form) {
  const found = JSON.parse(sessionStorage.getItem(nameOf(form)) ?? "null");
  if (!found || !("passing" in form.dataset)) return found?.text;
  const [visit] = performance.getEntriesByType("navigation");
  const here = visit?.type !== "navigate" || document.referrer.startsWith(`${location.origin}/`);
  if (here && Date.now() - found.at < HALF_AN_HOUR) return found.text;
  drop(form);
}

// Kept in the tab only: what a page that sends by itself could not send comes back too.
function inTab(form) {
  const box = form.elements.body;
  if (!box.value) box.value = left(form) ?? "";
  box.addEventListener("input", () => (box.value ? keep(form) : drop(form)));
  // A button that only looks (it asks for no check) sends nothing yet.
  form.addEventListener("submit", ({ submitter }) => submitter?.formNoValidate || drop(form));
}

function onServer(form) {
  const box = form.elements.body;
  const told = form.querySelector("[data-kept]");
  let timer;
  let flying;
  let saved = box.value;

  const waiting = left(form);
  if (waiting) {
    box.value = waiting;
    timer = setTimeout(save, QUIET);
  }

  async function save(closing = false) {
    clearTimeout(timer);
    if (box.value === saved || box.readOnly) return;
    const text = box.value;
    flying?.abort();
    flying = new AbortController();
    try {
      const body = { method: "POST", body: new FormData(form), headers: { Accept: "application/json" }, redirect: "error", keepalive: closing, signal: flying.signal };
      const answer = await fetch(form.dataset.autosave, body);
      if (!answer.ok) throw new Error((await answer.json()).error);
      saved = text;
      drop(form);
      told.textContent = text.trim() ? "Brouillon gardé." : "";
    } catch (error) {
      if (error.name === "AbortError") return;
      keep(form);
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
  document.addEventListener("unlocked", () => save());
  // What leaves is no draft any more: nothing may be kept of it after it was sent.
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    flying?.abort();
    saved = box.value;
    drop(form);
    told.textContent = "";
  });
  form.addEventListener("refused", () => {
    saved = null;
    save();
  });
}

for (const form of document.querySelectorAll("form[data-forgets]")) form.addEventListener("submit", () => forget());
const forms = [...document.querySelectorAll("form[data-draft]")].filter((form) => form.elements.body);
// Whoever is here now is not who left those, or is elsewhere.
const owners = new Set(forms.map((form) => `${MINE}${form.dataset.owner ?? ""}:`));
if (forms.length) forget(drafts().filter((name) => ![...owners].some((owner) => name.startsWith(owner))));
for (const form of forms) (form.dataset.autosave ? onServer : inTab)(form);
