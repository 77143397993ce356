// Suggests communes while one types. Without it, the field is plain text and the page answers all the same.
for (const field of document.querySelectorAll("input[data-communes]")) {
  const list = document.getElementById(field.dataset.communes);
  let waiting;
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      if (field.value.trim().length < 2) return;
      const answer = await fetch(`/communes?q=${encodeURIComponent(field.value)}`).catch(() => null);
      if (!answer?.ok) return;
      const { results } = await answer.json();
      list.replaceChildren(...results.map(({ label }) => new Option(label, label)));
    }, 180);
  });
}
