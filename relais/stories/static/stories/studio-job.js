// The two titles of the occupation, proposed as soon as it is chosen. Without this program, they come with the next page.
const occupation = document.querySelector("select[name=occupation]");

function propose() {
  const chosen = occupation.selectedOptions[0];
  for (const form of ["feminine", "masculine"]) {
    const label = document.querySelector(`input[name=job_form][value=${form}]`)?.closest("label");
    if (!label) continue;
    const title = chosen?.dataset[form];
    const start = label.textContent.split(":")[0].trim();
    label.lastChild.textContent = ` ${title ? `${start} : ${title}` : start}`;
  }
}

occupation?.addEventListener("change", propose);
