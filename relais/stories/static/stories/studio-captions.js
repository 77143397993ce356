// The captions editor beside the player. Without it the page is a plain form; nothing here is needed to save.
import { ask } from "../foundation/live.js";

const form = document.querySelector("form[data-captions]");
const player = document.querySelector("[data-player]");
const list = form.querySelector("[data-cues]");
const limit = Object.fromEntries(["lines", "length", "pace", "short", "long"].map((name) => [name, Number(form.dataset[name])]));
const rows = () => [...list.querySelectorAll("[data-cue]")];
const parts = (row) => ({ start: row.querySelector("[name=start]"), end: row.querySelector("[name=end]"), text: row.querySelector("[name=text]") });
const model = rows().at(-1).cloneNode(true);
let changed = false;
let last = null;

// --- times

function read(text) {
  const found = text.trim().match(/^(?:(?:(\d{1,2})\s*:\s*)?(\d{1,3})\s*:\s*)?(\d{1,5})(?:\s*[.,]\s*(\d{1,3}))?$/);
  if (!found) return null;
  const [, hours = 0, minutes = 0, seconds, fraction = "0"] = found;
  return ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000 + Number(fraction.padEnd(3, "0"));
}

function write(milliseconds) {
  const rounded = Math.max(0, Math.round(milliseconds));
  const seconds = Math.floor(rounded / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")},${String(rounded % 1000).padStart(3, "0")}`;
}

const here = () => (player ? player.currentTime * 1000 : 0);

// --- rows

function button(text, label, className, action) {
  const made = document.createElement("button");
  Object.assign(made, { type: "button", textContent: text, className });
  made.setAttribute("aria-label", label);
  made.addEventListener("click", action);
  return made;
}

function equip(row) {
  const { start, end } = parts(row);
  if (player) {
    for (const [box, name] of [[start, "Début"], [end, "Fin"]]) {
      const line = document.createElement("span");
      line.className = "cue-time";
      const label = box.closest("label");
      label.replaceWith(line);
      line.append(label, button("ici", `${name} ici, à l’instant montré`, "cue-here", () => setHere(row, box)));
    }
    const number = row.querySelector("[data-number]");
    const seek = button(number.textContent, "", "cue-number", () => goTo(row, true));
    seek.dataset.number = seek.dataset.seek = "";
    number.replaceWith(seek);
  }
  row.querySelector("[data-said]").before(button("×", "Retirer cette ligne", "cue-remove", () => remove(row)));
}

function setHere(row, box) {
  box.value = write(here());
  if (box.name === "start") {
    const { end } = parts(row);
    if (!end.value) end.value = write(here() + 2000);
  }
  touched();
}

function add(after) {
  const row = model.cloneNode(true);
  for (const box of Object.values(parts(row))) box.value = box.defaultValue = "";
  row.querySelector("[data-said]").replaceChildren();
  equip(row);
  if (after) after.after(row);
  else list.append(row);
  number();
  return row;
}

function remove(row) {
  const next = row.nextElementSibling ?? row.previousElementSibling;
  row.remove();
  if (!list.children.length) add();
  number();
  touched();
  parts(next ?? rows()[0]).text.focus();
}

function number() {
  rows().forEach((row, place) => {
    for (const mark of row.querySelectorAll("[data-number]")) {
      mark.textContent = place + 1;
      if ("seek" in mark.dataset) mark.setAttribute("aria-label", `Lire à partir du sous-titre ${place + 1}`);
    }
    row.querySelector("[data-said]").id = `dit-${place + 1}`;
    row.querySelector("[name=text]").setAttribute("aria-describedby", `dit-${place + 1}`);
  });
}

function goTo(row, plays = false) {
  const start = read(parts(row).start.value);
  if (player && start !== null) {
    player.currentTime = start / 1000 + 0.001;
    if (plays) player.play();
  }
  last = row;
}

// --- what makes a caption hard to read, as it is typed

function remarks(row, following) {
  const { start, end, text } = parts(row);
  const [from, to] = [read(start.value), read(end.value)];
  const words = text.value.trim();
  if (!words) return [];
  if (from === null || to === null) return start.value || end.value ? ["Un temps s’écrit en minutes et secondes : 0:04,5."] : ["Il lui faut un début et une fin."];
  if (to <= from) return ["Ce sous-titre finit avant de commencer."];
  const lines = words.split("\n");
  const longest = Math.max(...lines.map((line) => [...line].length));
  const pace = ([...words.replaceAll("\n", " ")].length * 1000) / (to - from);
  const next = following && read(parts(following).start.value);
  return [
    [lines.length > limit.lines, `${lines.length} lignes : ${limit.lines} au plus.`],
    [longest > limit.length, `Une ligne de ${longest} signes : ${limit.length} au plus.`],
    [pace > limit.pace, `${Math.round(pace)} signes par seconde : ${limit.pace} au plus. Laissez-le plus longtemps ou raccourcissez-le.`],
    [to - from < limit.short, "Moins d’une seconde à l’écran."],
    [to - from > limit.long, "Plus de sept secondes à l’écran : coupez-le en deux."],
    [next && next < to, "Il est encore là quand le suivant arrive."],
    [player?.duration && to > player.duration * 1000 + 500, "Il continue après la fin de la vidéo."],
  ].filter(([wrong]) => wrong).map(([, sentence]) => sentence);
}

function review() {
  const all = rows();
  let full = 0;
  let wrong = 0;
  all.forEach((row, place) => {
    const found = remarks(row, all[place + 1]);
    const said = row.querySelector("[data-said]");
    if (said.textContent.replace(/\s+/g, " ").trim() !== found.join(" ")) {
      said.replaceChildren(...found.map((sentence) => Object.assign(document.createElement("li"), { textContent: sentence })));
    }
    if (!found.length) row.classList.remove("is-wrong");
    full += parts(row).text.value.trim() ? 1 : 0;
    wrong += found.length ? 1 : 0;
  });
  form.querySelector("[data-count]").textContent = `${full} sous-titre${full > 1 ? "s" : ""}${wrong ? `, ${wrong} à revoir` : ""}`;
}

let waiting;
function touched() {
  changed = true;
  clearTimeout(waiting);
  waiting = setTimeout(() => { review(); overlay(); }, 250);
}

// --- what is typed, over the picture

let track;
function overlay() {
  if (player?.tagName !== "VIDEO") return;
  if (!track) {
    for (const old of player.textTracks) old.mode = "disabled";
    track = player.addTextTrack("captions", "En cours d’écriture", "fr");
    track.mode = "showing";
  }
  while (track.cues?.length) track.removeCue(track.cues[0]);
  for (const row of rows()) {
    const { start, end, text } = parts(row);
    const [from, to] = [read(start.value), read(end.value)];
    if (text.value.trim() && from !== null && to > from) {
      // As plain text: what looks like a tag is shown.
      track.addCue(new VTTCue(from / 1000, to / 1000, text.value.trim().replace(/&/g, "&amp;").replace(/</g, "&lt;")));
    }
  }
}

function follow() {
  const now = here();
  for (const row of rows()) {
    const { start, end } = parts(row);
    row.classList.toggle("is-shown", read(start.value) !== null && read(start.value) <= now && now < read(end.value));
  }
}

// --- the page

function toggle() {
  if (player.paused) player.play();
  else player.pause();
}

const KEYS = {
  F8: () => player && toggle(),
  F2: (row) => row && player && setHere(row, parts(row).start),
  F4: (row) => row && player && setHere(row, parts(row).end),
};

form.addEventListener("keydown", (event) => {
  const row = event.target.closest("[data-cue]");
  if ((event.ctrlKey || event.metaKey) && event.key === "s") {
    event.preventDefault();
    form.requestSubmit(form.querySelector("[name=action][value=save]"));
  } else if (event.altKey && row && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    event.preventDefault();
    const next = event.key === "ArrowDown" ? row.nextElementSibling ?? add(row) : row.previousElementSibling;
    if (next) { goTo(next); parts(next).text.focus(); }
  } else if (KEYS[event.key] && !event.altKey && !event.ctrlKey) {
    event.preventDefault();
    KEYS[event.key](row);
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key === "F8" && !event.defaultPrevented && player) { event.preventDefault(); toggle(); }
});
form.addEventListener("input", touched);
form.addEventListener("submit", () => (changed = false));
form.querySelector("[value=add]").addEventListener("click", (event) => {
  event.preventDefault();
  parts(add()).text.focus();
});
addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });

rows().forEach(equip);
number();
review();
form.querySelector("[data-keys]").hidden = !player;
if (player) {
  const play = form.querySelector("[data-play]");
  play.hidden = false;
  play.addEventListener("click", toggle);
  for (const name of ["play", "pause"]) player.addEventListener(name, () => (play.textContent = player.paused ? "Lire" : "Pause"));
  player.addEventListener("timeupdate", follow);
  overlay();
}

// --- how far the preparation is

const TURN = 1500;
async function refresh() {
  const shown = document.getElementById("etat");
  if (!shown?.hasAttribute("data-busy")) return;
  const text = await ask(shown.dataset.address);
  if (text) {
    const holder = document.createElement("template");
    holder.innerHTML = text;
    const fresh = holder.content.getElementById("etat");
    const hadFocus = shown.contains(document.activeElement);
    shown.replaceWith(fresh);
    if (hadFocus) fresh.querySelector("a, button")?.focus();
    if (!fresh.hasAttribute("data-busy")) return finished(fresh);
  }
  setTimeout(refresh, TURN);
}

function finished(fresh) {
  // What was typed and not saved must not go with the old page.
  if (!changed && !player) return location.reload();
  const told = document.createElement("p");
  told.setAttribute("role", "status");
  told.className = "notice notice-success";
  told.textContent = "C’est prêt. Enregistrez ce que vous écrivez : la page se met à jour avec.";
  if (!player) fresh.prepend(told);
}
setTimeout(refresh, TURN);
