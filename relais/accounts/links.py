"""The links of accounts."""

from relais.foundation import links, redaction

from .models import INVITATION
from .services import INVITATION_LIFE

links.declare(
    links.Purpose(
        INVITATION,
        "/pro/invitation/{}",
        "who is invited, by e-mail",
        INVITATION_LIFE,
        single_use=True,
        layout="pro.html",
        # Another would give a right that the administrator who invited no longer sees among those that wait: they are asked instead.
        hint="Si vous avez déjà créé votre compte avec cette invitation, connectez-vous. Sinon, demandez une nouvelle invitation à la personne qui vous l’a envoyée.",
        ways=(("Se connecter", "/compte/login/"),),
    )
)
# Those of allauth, which looks after passwords by itself (docs/decisions/0036-links.md).
redaction.hide("/compte/password/reset/key/", "/compte/confirm-email/")
