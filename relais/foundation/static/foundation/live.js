// Pages that move by themselves, in one way: a stream of server-sent events while somebody looks, questions while it does not come,
// words when the line is cut or the right is gone. Without this module each page is whole and moves when it is loaded again.
const QUESTION = 5000;
const FIRST = 1500;
const LONGEST = 60_000;
const HUSH = 4000;
const PATIENCE = 10_000;
const APART = 800;
const CUT = "La connexion est coupée. La suite s’affichera à son retour.";
const OVER = "Cette page n’est plus à jour, et ne reçoit plus rien.";
// « Not there », « not yours », « not any more »; a redirection leads to where one signs in, or writes first.
const GONE = [403, 404, 410];
// A session that locked (lock.js) opens again, and what is asked then is answered.
const LOCKED = 401;

// The text of an answer: null when none came or it is of no use, undefined when this page has no right to it (any more).
export async function ask(address) {
  try {
    const answer = await fetch(address, { redirect: "manual" });
    if (answer.status === LOCKED) document.dispatchEvent(new Event("locked"));
    if (answer.type === "opaqueredirect" || GONE.includes(answer.status)) return undefined;
    return answer.ok ? await answer.text() : null;
  } catch {
    return null;
  }
}

// One line for the whole page, said once to who does not see it. A cut that ends at once is not worth a word.
let line;
let saying;
export function say(words, { over = false } = {}) {
  clearTimeout(saying);
  if (!words && !line) return;
  if (!line) {
    line = Object.assign(document.createElement("p"), { className: "line-told" });
    line.setAttribute("role", "status");
    document.querySelector("main").prepend(line);
  }
  // What is there before its words is read aloud when they come.
  saying = setTimeout(() => write(words, over), words === CUT && navigator.onLine ? HUSH : 100);
}

function write(words, over) {
  if (line.dataset.over) return;
  if (over) {
    line.dataset.over = "yes";
    line.replaceChildren(`${words} `, Object.assign(document.createElement("a"), { href: location.href, textContent: "Recharger la page" }));
    line.lastChild.addEventListener("click", (event) => (event.preventDefault(), location.reload()));
  } else if (line.textContent !== words) line.textContent = words;
}

// follow({ stream, events, question, told, shown }): `stream()` is the address now, "" where there is none; `events`: name → what to do with its data;
// `question()`: the address to ask meanwhile, `told` what to do with its answer; `shown`: elements that are emptied once this page has no
// right to what it shows any more. What is typed stays. Gives back the function that asks at once.
export function follow({ stream, events = {}, question, told, shown = [] }) {
  let source;
  let late;
  let timer;
  let failures = 0;
  let over = false;

  function end() {
    over = true;
    rest();
    for (const one of shown) one.replaceChildren();
    say(OVER, { over: true });
    document.dispatchEvent(new Event("over"));
  }

  // Whatever else on this page depends on what happened hears that something did.
  function heard(act, data) {
    act(data);
    document.dispatchEvent(new Event("moved"));
  }

  async function askNow() {
    const text = await ask(question());
    if (over) return;
    if (text === undefined) return end();
    if (text !== null) told(text);
    return text;
  }

  function open() {
    source = new EventSource(stream());
    // Between here and the site something may hold back what streams, and say nothing of it.
    late = setTimeout(fail, PATIENCE);
    source.addEventListener("open", () => {
      clearTimeout(late);
      failures = 0;
      if (navigator.onLine) say("");
    });
    for (const [name, act] of Object.entries(events)) source.addEventListener(name, (event) => heard(act, event.data));
    source.addEventListener("error", fail);
  }

  // A stream ends for many reasons that it does not tell: whoever answers the question knows whether anything is left to hear.
  async function fail() {
    close();
    // The pages of a server that stops do not all ask the next one in the same instant.
    await new Promise((go) => setTimeout(go, APART * Math.random()));
    const pause = Math.min(LONGEST, FIRST * 2 ** failures++) * (0.75 + Math.random() / 2);
    const cut = (await askNow()) === null;
    if (over || document.hidden || source) return;
    say(cut ? CUT : "");
    again(cut ? pause : Math.min(pause, QUESTION));
  }

  function again(pause) {
    clearTimeout(timer);
    timer = setTimeout(begin, pause);
  }

  function begin() {
    clearTimeout(timer);
    if (over || document.hidden || source) return;
    // Where none ever comes it is still tried now and then, and the question asked meanwhile.
    const worth = failures < 4 || failures++ % 12 === 0;
    if (worth && stream() && "EventSource" in window) open();
    else askNow().then(() => over || again(QUESTION));
  }

  // A browser opens six connections to a site, all tabs together: a page that nobody looks at gives its own back, and misses nothing.
  function rest() {
    clearTimeout(timer);
    close();
  }

  function close() {
    clearTimeout(late);
    source?.close();
    source = undefined;
  }

  document.addEventListener("visibilitychange", () => (document.hidden ? rest() : begin()));
  function anew() {
    failures = 0;
    close();
    begin();
  }

  addEventListener("online", anew);
  document.addEventListener("unlocked", anew);
  addEventListener("offline", () => over || say(CUT));
  addEventListener("pagehide", rest);
  addEventListener("pageshow", begin);
  begin();
  return askNow;
}

// repeat(act, seconds): while somebody looks, and as soon as they look again.
export function repeat(act, seconds) {
  setInterval(() => document.hidden || act(), seconds * 1000);
  document.addEventListener("visibilitychange", () => document.hidden || act());
}
