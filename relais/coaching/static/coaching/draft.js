// What is being typed survives a closed tab or a dead phone: kept in this tab's own storage until it is sent.
for (const form of document.querySelectorAll("form[data-draft]:not([data-autosave])")) {
  const box = form.elements.body;
  const name = `draft:${form.dataset.draft}`;
  if (!box) continue;
  if (!box.value) box.value = sessionStorage.getItem(name) ?? "";
  box.addEventListener("input", () => sessionStorage.setItem(name, box.value));
  // A button that only looks (it asks for no check) sends nothing yet.
  form.addEventListener("submit", ({ submitter }) => submitter?.formNoValidate || sessionStorage.removeItem(name));
}
