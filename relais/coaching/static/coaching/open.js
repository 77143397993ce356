// A commune typed above to see who answers, and not sent, goes with the message: the person has said it.
const form = document.getElementById("ecrire");
const typed = document.querySelector("#ligne [name=lieu]");
form?.addEventListener("submit", () => {
  const commune = form.elements.commune;
  if (typed?.value.trim() && commune && !commune.value.trim()) commune.value = typed.value;
});
