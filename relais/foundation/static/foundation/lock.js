// A page that nobody looks at covers itself after five minutes; the server decides (accounts/lock.py), and is told each minute that somebody is
// there. What was typed stays in its box behind the cover. Without this module the server locks all the same, by the last request.
const LIMIT = 5 * 60_000;
const MINUTE = 60_000;
const TICK = 15_000;
const SILENT = "Le site ne répond pas. Attendez un peu : la page demande à nouveau d’elle-même.";
const PATIENCE = "Trop d’essais. Attendez cinq minutes, puis recommencez.";
const script = document.querySelector("script[data-here]");
const make = (tag, values = {}, ...inside) => {
  const made = Object.assign(document.createElement(tag), values);
  made.append(...inside);
  return made;
};
let cover, place, title, asked;
let told = Date.now();
let glance = Date.now();
let asking = false;

// Is this session open? 401 is « locked » with the ways to open it, a redirection or a refusal « nobody any more ».
async function look() {
  if (asking) return;
  asking = true;
  try {
    const answer = await fetch(script.dataset.here, { headers: { Accept: "application/json" }, redirect: "manual" });
    if (answer.ok) return answer.headers.get("X-Who") === script.dataset.who ? uncover() : leave();
    if (answer.status === 401) return ask((await answer.json()).ways);
    if (answer.type === "opaqueredirect" || answer.status === 403) return ended();
    wait(SILENT);
  } catch {
    // The line is cut: what is open shows nothing new, what is covered stays covered.
    wait("La connexion est coupée. La page se rouvrira à son retour.");
  } finally {
    asking = false;
  }
}

// A cover is never blank: it says why it asks for nothing yet.
function wait(words) {
  if (cover && !asked) place.replaceChildren(make("p", { textContent: words }));
}

function hide() {
  if (cover) return;
  asked = false;
  title = document.title;
  document.title = "Session verrouillée";
  place = make("div");
  cover = make("dialog", { className: "lock" }, make("h1", { id: "lock-title", textContent: "Session verrouillée" }), place);
  cover.setAttribute("aria-labelledby", "lock-title");
  // No key closes it: what closes it by itself opens it again.
  cover.addEventListener("cancel", (event) => event.preventDefault());
  cover.addEventListener("close", () => cover?.showModal());
  document.body.append(cover);
  document.documentElement.classList.add("is-locked");
  cover.showModal();
}

function uncover() {
  told = Date.now();
  if (!cover) return;
  const gone = cover;
  cover = undefined;
  gone.remove();
  document.title = title;
  document.documentElement.classList.remove("is-locked");
  document.dispatchEvent(new Event("unlocked"));
}

// Somebody else signed in on this computer: what was shown to the person before is not shown to them. Asked for anew, and never sent again.
function leave() {
  document.title = "";
  document.body.replaceChildren();
  location.replace(location.pathname + location.search);
}

function ended() {
  hide();
  asked = true;
  place.replaceChildren(make("p", { textContent: "Cette session est finie." }), make("a", { className: "button button-primary", href: script.dataset.login, textContent: "Se connecter" }));
}

function ask(ways) {
  hide();
  if (asked) return;
  asked = true;
  const problem = make("p", { className: "notice notice-danger", hidden: true });
  problem.setAttribute("role", "alert");
  const tell = (words) => ((problem.textContent = words), (problem.hidden = false));
  place.replaceChildren(make("p", { textContent: "Personne n’a regardé cette page depuis cinq minutes. Ce que vous écriviez attend derrière." }), problem);
  for (const way of ways) place.append(...(gestures[way.id]?.(way, tell) ?? [elsewhere(way)]));
  place.append(make("p", {}, make("a", { href: script.dataset.logout, textContent: "Se déconnecter" })));
  place.querySelector("button, input, a")?.focus();
}

const gestures = {
  "mfa_reauthenticate:webauthn": (way, tell) => (window.PublicKeyCredential?.parseRequestOptionsFromJSON ? [passkey(way, tell)] : [elsewhere(way)]),
  mfa_reauthenticate: (way, tell) => [code(way, tell)],
};

const elsewhere = (way) => make("p", {}, make("a", { href: `${way.url}?next=${encodeURIComponent(script.dataset.here)}`, target: "_blank", textContent: way.description }));

// The page of allauth that asks for this proof, with what it wants to have back.
async function page(way) {
  const answer = await fetch(`${way.url}?next=${encodeURIComponent(script.dataset.here)}`);
  const found = new DOMParser().parseFromString(await answer.text(), "text/html");
  const form = found.querySelector(`form[action="${way.url}"]`);
  return { fields: new FormData(form), data: found.getElementById("js_data")?.textContent };
}

async function prove(way, fields) {
  const answer = await fetch(way.url, { method: "POST", body: fields, redirect: "manual" });
  if (answer.type === "opaqueredirect") await look();
  return answer.status;
}

function passkey(way, tell) {
  const button = make("button", { type: "button", className: "button button-primary", textContent: "Rouvrir avec ma clé d’accès" });
  button.addEventListener("click", async () => {
    try {
      const { fields, data } = await page(way);
      const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(JSON.parse(data).request_options.publicKey);
      const credential = await navigator.credentials.get({ publicKey });
      fields.set("credential", JSON.stringify(credential.toJSON()));
      await prove(way, fields);
      if (cover) throw new Error();
    } catch {
      tell("La clé d’accès n’a pas répondu. Recommencez, ou prenez un autre moyen.");
    }
  });
  return make("p", {}, button);
}

function code(way, tell) {
  const box = make("input", { id: "lock-code", name: "code", autocomplete: "one-time-code", required: true });
  const label = make("label", { htmlFor: box.id, textContent: "Un code de votre application, ou un code de secours" });
  const form = make("form", {}, make("div", { className: "field" }, label, box), make("button", { className: "button button-quiet", textContent: "Rouvrir" }));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const { fields } = await page(way);
      fields.set("code", box.value);
      const status = await prove(way, fields);
      if (!cover) return;
      tell(status === 429 ? PATIENCE : status >= 500 ? SILENT : "Ce code ne va pas. Attendez le suivant, puis recommencez.");
      box.select();
    } catch {
      tell("La connexion est coupée. Recommencez quand elle revient.");
    }
  });
  return form;
}

// A machine that slept says nothing of it: the time that went by does.
function turn() {
  if (document.hidden) return;
  if (Date.now() - glance >= LIMIT) hide();
  glance = Date.now();
  if (cover || glance - told >= MINUTE) look();
}

// Whoever comes back to a page may be somebody else: asked at once.
function comeBack() {
  turn();
  look();
}

setInterval(turn, TICK);
let timer;
document.addEventListener("visibilitychange", () => {
  clearTimeout(timer);
  if (document.hidden) timer = setTimeout(hide, LIMIT - (Date.now() - glance));
  else comeBack();
});
addEventListener("pageshow", (event) => (event.persisted ? comeBack() : turn()));
for (const word of ["locked", "over"]) document.addEventListener(word, look);
