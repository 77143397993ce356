// The feed on a telephone: one video plays, the next one waits, the thumb and the arrows move on. On a desk it is a plain grid.
const feed = document.querySelector(".feed");
const clips = feed ? [...feed.querySelectorAll(".clip"), ...document.querySelectorAll(".pause")] : [];
const narrow = matchMedia("(max-width: 47.99em) and (min-height: 26em)");
const still = matchMedia("(prefers-reduced-motion: reduce)");
const line = navigator.connection;
const said = document.querySelector("[data-said]");
const videoOf = (clip) => clip?.querySelector("video");
const saves = () => feed.hasAttribute("data-saver") || line?.saveData;
const metered = () => saves() || line?.type === "cellular" || /2g/.test(line?.effectiveType ?? "");
let current = null;
let sound = false;

const tell = (text) => (said.textContent = text);

function play(video, asked) {
  if (document.hidden || (!asked && (still.matches || saves() || video.dataset.held))) return;
  delete video.dataset.held;
  caption(video);
  video.muted = !sound;
  video.play().catch(() => {});
}

// One file ahead, and only where bytes cost nothing: what is not looked at is not asked for.
function wait(clip) {
  const next = videoOf(clips[clips.indexOf(clip) + 1]);
  if (next && !metered() && !still.matches) next.preload = "auto";
}

function leave() {
  const video = videoOf(current);
  video?.pause();
  if (video) delete video.dataset.held;
  current = null;
}

const frame = () => new Promise(requestAnimationFrame);

async function show(clip) {
  if (clip === current) return;
  leave();
  current = clip;
  const video = videoOf(clip);
  if (!video) return;
  // The still picture first: no byte of video before it is on the screen.
  await clip.querySelector(".poster-image").decode().catch(() => {});
  await frame();
  await frame();
  if (clip === current) play(video);
}

// Captions drawn by us, big: the browser's own are too small for a bus. Their file too is asked for only now.
const tracks = new WeakMap();
function caption(video) {
  const track = tracks.get(video);
  if (!track || track.isConnected) return;
  video.append(track);
  track.track.mode = "hidden";
  track.track.addEventListener("cuechange", () => {
    const words = document.createElement("span");
    words.textContent = [...track.track.activeCues].map((one) => one.text.replace(/<[^>]*>/g, "")).join("\n");
    video.closest(".clip").querySelector(".cue").replaceChildren(...(words.textContent ? [words] : []));
  });
}

// The video stands in <noscript>: out of it, it loses its controls, and asks for nothing by itself.
function unpacked(spare) {
  const box = document.createElement("template");
  box.innerHTML = spare.textContent;
  const video = box.content.querySelector("video");
  video.controls = false;
  // Its picture already lies behind, fetched when its turn comes.
  video.removeAttribute("poster");
  const track = video.querySelector("track");
  if (track) {
    track.remove();
    track.default = false;
    tracks.set(video, track);
  }
  spare.replaceWith(video);
  return video;
}

function prepare(clip) {
  const spare = clip.querySelector("noscript");
  if (!spare) return;
  const video = unpacked(spare);
  const button = clip.querySelector("[data-play]");
  const loud = clip.querySelector("[data-sound]");
  const bar = clip.querySelector(".gone-by");
  const name = (playing) => {
    clip.classList.toggle("is-playing", playing);
    button.firstChild.textContent = playing ? "Pause" : "Lire";
  };
  button.hidden = false;
  loud.hidden = false;
  video.addEventListener("play", () => name(true));
  video.addEventListener("pause", () => name(false));
  video.addEventListener("playing", () => clip === current && wait(clip));
  video.addEventListener("timeupdate", () => (bar.value = video.duration ? video.currentTime / video.duration : 0));
  button.addEventListener("click", () => {
    if (video.paused) return play(video, true);
    video.dataset.held = "yes";
    video.pause();
  });
  loud.addEventListener("click", () => {
    sound = !sound;
    for (const one of feed.querySelectorAll("[data-sound]")) one.setAttribute("aria-pressed", sound);
    for (const one of feed.querySelectorAll("video")) one.muted = !sound;
    if (sound && video.paused) play(video, true);
  });
}

function go(step) {
  const at = clips.indexOf(current);
  const next = clips[at + step];
  if (!next) return false;
  next.scrollIntoView({ behavior: still.matches ? "auto" : "smooth", block: "start" });
  if (current?.contains(document.activeElement)) next.focus({ preventScroll: true });
  return true;
}

function start() {
  for (const clip of clips) prepare(clip);
  const seen = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        if (entry.isIntersecting) show(entry.target);
        else if (entry.target === current) leave();
      }
    },
    { threshold: 0.6 },
  );
  for (const clip of clips) seen.observe(clip);
  document.addEventListener("visibilitychange", () => {
    const video = videoOf(current);
    if (!video) return;
    if (document.hidden) video.pause();
    else play(video);
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, video, [open]")) return;
    const step = { ArrowDown: 1, PageDown: 1, ArrowUp: -1, PageUp: -1 }[event.key];
    if (step && go(step)) event.preventDefault();
    if (event.key === " " && !event.target.closest("a, button, summary") && videoOf(current)) {
      event.preventDefault();
      current.querySelector("[data-play]").click();
    }
  });
}

// Kept, said, shared: without leaving the video. If anything fails the plain form is sent.
async function send(form, button) {
  const body = new URLSearchParams(new FormData(form));
  body.set(button.name, button.value);
  const answer = await fetch(form.action, { method: "POST", body, headers: { accept: "application/json" } });
  const told = await answer.json();
  if (!answer.ok) return tell(told.error);
  if (form.dataset.keep) {
    const [off, on] = form.dataset.keep.split("|");
    button.value = told.on ? 0 : 1;
    button.setAttribute("aria-pressed", told.on);
    button.querySelector("span").textContent = told.on ? on : off;
    return tell(told.on ? `${on}, sur ce téléphone seulement.` : "C’est enlevé.");
  }
  button.setAttribute("aria-pressed", "true");
  tell("C’est dit, sans ton nom.");
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-keep], [data-react]") || !event.submitter) return;
  event.preventDefault();
  send(form, event.submitter).catch(() => {
    const pressed = Object.assign(document.createElement("input"), { type: "hidden", name: event.submitter.name, value: event.submitter.value });
    form.append(pressed);
    form.submit();
  });
});

document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll(".pop[open]")) if (!open.contains(event.target)) open.open = false;
});

document.addEventListener("click", async (event) => {
  const sharing = event.target.closest?.("[data-sharing] > summary");
  const given = event.target.closest?.("[data-share]") ?? sharing?.parentElement.querySelector("[data-share]");
  if (!given) return;
  if (sharing && (!navigator.share || sharing.parentElement.open)) return;
  event.preventDefault();
  try {
    if (navigator.share) await navigator.share({ title: given.dataset.share, url: given.href });
    else {
      await navigator.clipboard.writeText(given.href);
      tell("Le lien est copié.");
    }
  } catch {
    if (sharing) sharing.parentElement.open = true;
  }
});

let started = false;
function fit() {
  if (!feed) return;
  if (narrow.matches && !started) {
    started = true;
    start();
  }
  if (!narrow.matches) videoOf(current)?.pause();
}
narrow.addEventListener("change", fit);
fit();
