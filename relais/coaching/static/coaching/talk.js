// A page where one writes: the box grows with what is typed, and stays above the keyboard where browsers slide it over the page.
const root = document.documentElement;
const seen = window.visualViewport;

function fit() {
  // Zoomed in with two fingers, one looks at a part of the page: it keeps its size.
  if (seen.scale > 1.01) return;
  root.style.setProperty("--seen", `${seen.height}px`);
  if (seen.offsetTop) scrollTo(0, 0);
}
seen?.addEventListener("resize", fit);

for (const box of CSS.supports("field-sizing: content") ? [] : document.querySelectorAll("textarea[data-grows]")) {
  const grow = () => {
    box.style.height = "auto";
    box.style.height = `${box.scrollHeight + box.offsetHeight - box.clientHeight}px`;
  };
  box.addEventListener("input", grow);
  box.form.addEventListener("submit", () => setTimeout(grow));
  grow();
}

// What was just answered to words of danger is read from its beginning.
document.querySelector("#secours:not(.folded) > section")?.scrollIntoView({ block: "start" });
