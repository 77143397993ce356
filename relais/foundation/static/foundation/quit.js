// Leaves at once: the page is replaced, so that « back » does not return here, and what was typed goes too. Esc three times does the same.
const exit = document.querySelector("[data-quit]");
let presses = [];

function leave() {
  sessionStorage.clear();
  // What failed on the way out keeps nothing either.
  addEventListener("pagehide", () => sessionStorage.clear());
  location.replace(exit.href);
}

exit?.addEventListener("click", (event) => {
  event.preventDefault();
  leave();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !exit) return;
  presses = [...presses.filter((at) => event.timeStamp - at < 2000), event.timeStamp];
  if (presses.length > 2) leave();
});
// A step inside the page leaves no entry of its own, else « back » after leaving would find this page again.
document.addEventListener("click", (event) => {
  const step = event.target.closest?.('a[href^="#"]');
  if (!step || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  location.replace(step.hash);
});
