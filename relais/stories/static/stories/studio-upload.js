// A file in pieces: each one is acknowledged, and after a cut line, a reload or a restarted server the next goes where the last ended.
const LEAST = 131072;
const MOST = 900000;
const LONGEST_WAIT = 30000;
const DONE = 100;

class Refused extends Error {}

for (const form of document.querySelectorAll("form[data-upload]")) watch(form);

function watch(form) {
  const part = (name) => form.querySelector(`[data-upload-${name}]`);
  const file = form.elements.file;
  const bar = form.querySelector("progress");
  const start = part("start");
  const pause = part("pause");
  const token = form.elements.csrfmiddlewaretoken.value;
  let running = null;
  let said = 0;

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!running) go();
  });
  pause.addEventListener("click", () => running?.abort());
  file.addEventListener("change", () => tell(""));

  async function go() {
    const chosen = file.files[0];
    if (!chosen) return;
    running = new AbortController();
    said = 0;
    part("error").textContent = "";
    part("state").hidden = pause.hidden = false;
    start.hidden = file.disabled = true;
    try {
      const announced = new URLSearchParams({ name: chosen.name, size: chosen.size, purpose: form.elements.purpose.value });
      let state = await patiently(() => ask(form.action, { method: "POST", body: announced }));
      state = await sendAll(chosen, state);
      show(state);
      tell("Le fichier est arrivé en entier.");
      location.assign(state.next);
    } catch (error) {
      stop(error);
    }
  }

  function stop(error) {
    const isPaused = error.name === "AbortError";
    running = null;
    pause.hidden = true;
    start.hidden = file.disabled = false;
    start.textContent = "Reprendre l’envoi";
    if (isPaused) tell("En pause. Ce qui est arrivé est gardé.");
    else part("error").textContent = error instanceof Refused ? error.message : "L’envoi s’est arrêté. Ce qui est arrivé est gardé : reprenez quand vous voulez.";
  }

  async function sendAll(chosen, state) {
    let size = LEAST * 2;
    while (!state.next) {
      show(state);
      const from = state.received;
      const began = performance.now();
      state = await patiently(async (isAgain) => {
        // After a failure nobody knows what arrived: the server says.
        const known = isAgain ? await ask(state.address, {}) : state;
        if (known.next) return known;
        const piece = chosen.slice(known.received, known.received + size);
        const headers = { "Content-Type": "application/octet-stream", "Upload-Offset": known.received };
        return { ...known, ...(await ask(known.address, { method: "POST", body: piece, headers })) };
      }, () => (size = LEAST));
      const spent = performance.now() - began;
      // A piece takes a few seconds: what a cut line loses is small, what a fast one waits for is too.
      if (state.received > from) size = spent < 1500 ? Math.min(MOST, size * 2) : spent > 6000 ? Math.max(LEAST, size / 2) : size;
      size = Math.round(size);
    }
    return state;
  }

  // Again and again while the line or the server is down, a little later each time.
  async function patiently(attempt, onFailure = () => {}) {
    for (let wait = 1000, isAgain = false; ; wait = Math.min(wait * 2, LONGEST_WAIT), isAgain = true) {
      try {
        return await attempt(isAgain);
      } catch (error) {
        if (error instanceof Refused || error.name === "AbortError") throw error;
        onFailure();
        part("text").textContent = `La ligne est coupée : nouvel essai dans ${Math.round(wait / 1000)} s. Rien n’est perdu.`;
        await pauseFor(wait);
      }
    }
  }

  function pauseFor(milliseconds) {
    const signal = running.signal;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, milliseconds);
      const again = () => { clearTimeout(timer); resolve(); };
      addEventListener("online", again, { once: true, signal });
      signal.addEventListener("abort", () => { clearTimeout(timer); reject(new DOMException("paused", "AbortError")); }, { once: true });
    });
  }

  async function ask(address, options) {
    const headers = { Accept: "application/json", "X-CSRFToken": token, ...options.headers };
    const answer = await fetch(address, { ...options, headers, redirect: "manual", signal: running.signal });
    if (answer.type === "opaqueredirect" || answer.status === 403) {
      throw new Refused("Votre session est terminée. Reconnectez-vous dans un autre onglet, puis rechargez cette page et choisissez le même fichier : il reprendra où il en est.");
    }
    if (answer.status === 404) throw new Refused("Cet envoi n’existe plus. Rechargez la page, puis choisissez de nouveau le fichier.");
    // A session that locked opens again (lock.js), and the file goes on.
    if (answer.status === 401) document.dispatchEvent(new Event("locked"));
    if ([401, 429].includes(answer.status) || answer.status >= 500 && answer.status !== 507) throw new Error(`HTTP ${answer.status}`);
    const told = await answer.json().catch(() => ({}));
    // Another tab sends the same file: it goes on from where that one is.
    if (answer.status === 409 && "received" in told) return { received: told.received };
    if (!answer.ok) throw new Refused(told.error ?? "Le serveur a refusé ce fichier.");
    return told;
  }

  function show(state) {
    const percent = Math.floor((state.received * DONE) / state.size);
    bar.value = percent;
    part("text").textContent = `${percent} % : ${megabytes(state.received)} sur ${megabytes(state.size)}`;
    // Read aloud by quarters, not at every piece.
    if (percent - said >= 25 && percent < DONE) {
      said = percent - (percent % 25);
      tell(`${said} % envoyés`);
    }
  }

  function tell(text) {
    part("said").textContent = text;
    if (text && !text.includes("%")) part("text").textContent = text;
  }
}

function megabytes(bytes) {
  return `${(bytes / 1e6).toLocaleString("fr", { maximumFractionDigits: 1 })} Mo`;
}
