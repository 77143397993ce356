// Suggests names of jobs while one types. Without it, the box is plain text and the page answers all the same.
for (const box of document.querySelectorAll("input[data-suggest]")) {
  const list = document.getElementById(box.getAttribute("list"));
  let waiting, asked;
  box.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const typed = box.value.trim();
      if (typed.length < 2 || typed === asked) return;
      asked = typed;
      const answer = await fetch(`/recherche/suggestions?q=${encodeURIComponent(typed)}`).catch(() => null);
      if (!answer?.ok || asked !== typed) return;
      const { results } = await answer.json();
      list.replaceChildren(...results.map((name) => new Option(name, name)));
    }, 120);
  });
}
