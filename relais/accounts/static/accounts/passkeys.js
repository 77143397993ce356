// Shows what needs a passkey only where the browser knows passkeys, and says what went wrong in words.
for (const element of document.querySelectorAll("[data-needs-passkeys]")) {
  element.hidden = !window.PublicKeyCredential;
}
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  const place = document.querySelector("[data-passkey-error]");
  if (place) {
    place.textContent = "La clé d’accès n’a pas répondu. Recommencez, ou prenez un autre moyen.";
    place.hidden = false;
  }
});
