"""The words of allauth's letters and notices, in French, by the name allauth gives each."""

# name: (subject, text); the text is formatted with what allauth says about the occasion.
LETTERS = {
    "account/email/password_reset_key": (
        "Choisir un nouveau mot de passe",
        "Quelqu’un, sans doute vous, a demandé à changer le mot de passe de votre compte {site}.\n\n"
        "Pour en choisir un nouveau, ouvrez cette adresse :\n{password_reset_url}\n\n"
        "Si ce n’est pas vous, ne faites rien : votre mot de passe reste le même.",
    ),
    "account/email/unknown_account": (
        "Aucun compte {site} à cette adresse",
        "Quelqu’un, sans doute vous, a demandé un nouveau mot de passe pour {email}.\n\n"
        "Il n’y a pas de compte {site} à cette adresse. Essayez une autre de vos adresses, "
        "ou demandez une invitation à la personne qui administre le site chez vous.\n\n"
        "Si ce n’est pas vous, ne faites rien.",
    ),
    "account/email/email_confirmation": (
        "Confirmer votre adresse e-mail",
        "Pour confirmer que cette adresse est la vôtre, ouvrez :\n{activate_url}\n\nSi vous n’avez rien demandé, ne faites rien.",
    ),
    "account/email/password_reset": ("Votre mot de passe a changé", "Le mot de passe de votre compte {site} vient d’être changé."),
    "account/email/password_changed": ("Votre mot de passe a changé", "Le mot de passe de votre compte {site} vient d’être changé."),
    "mfa/email/totp_activated": ("Application de codes ajoutée", "Une application de codes protège maintenant votre compte {site}."),
    "mfa/email/totp_deactivated": ("Application de codes retirée", "L’application de codes ne protège plus votre compte {site}."),
    "mfa/email/webauthn_added": ("Clé d’accès ajoutée", "Une clé d’accès vient d’être ajoutée à votre compte {site}."),
    "mfa/email/webauthn_removed": ("Clé d’accès retirée", "Une clé d’accès vient d’être retirée de votre compte {site}."),
    "mfa/email/recovery_codes_generated": (
        "Nouveaux codes de secours",
        "De nouveaux codes de secours viennent d’être créés pour votre compte {site}. Les anciens ne marchent plus.",
    ),
}
WARNING = "\n\nSi ce n’est pas vous, prévenez tout de suite la personne qui administre le site chez vous."
CHANGES = frozenset(LETTERS) - {"account/email/password_reset_key", "account/email/unknown_account", "account/email/email_confirmation"}
"""Letters that tell of a change: they end with WARNING."""

# An empty notice is not shown: signing in and out is seen without words.
NOTICES = {
    "account/messages/logged_in.txt": "",
    "account/messages/logged_out.txt": "",
    "account/messages/password_changed.txt": "Votre mot de passe a changé.",
    "account/messages/email_confirmed.txt": "Votre adresse est confirmée.",
    "account/messages/email_confirmation_failed.txt": "Cette adresse est déjà confirmée par un autre compte.",
    "account/messages/email_confirmation_sent.txt": "Nous vous avons envoyé une lettre pour confirmer votre adresse.",
    "mfa/messages/totp_activated.txt": "L’application de codes est ajoutée.",
    "mfa/messages/totp_deactivated.txt": "L’application de codes est retirée.",
    "mfa/messages/webauthn_added.txt": "La clé d’accès est ajoutée.",
    "mfa/messages/webauthn_removed.txt": "La clé d’accès est retirée.",
    "mfa/messages/recovery_codes_generated.txt": "Vos nouveaux codes de secours sont prêts.",
}

ERRORS = {
    "account_inactive": "Ce compte est fermé.",
    "email_password_mismatch": "L’adresse ou le mot de passe ne va pas. Vérifiez les deux, ou choisissez un nouveau mot de passe.",
    "enter_current_password": "Ce n’est pas votre mot de passe actuel.",
    "incorrect_password": "Ce mot de passe ne va pas.",
    "too_many_login_attempts": "Trop d’essais. Attendez cinq minutes, puis recommencez.",
    "rate_limited": "Trop de demandes. Attendez un peu, puis recommencez.",
}

SECOND_FACTOR_ERRORS = {
    "cannot_delete_authenticator": "Ce moyen ne peut pas être retiré.",
    "cannot_generate_recovery_codes": "Ajoutez d’abord une application de codes ou une clé d’accès.",
    "incorrect_code": "Ce code ne va pas. Attendez le suivant et recopiez-le.",
    "unverified_email": "Confirmez d’abord votre adresse e-mail.",
}

REAUTHENTICATION = {
    "reauthenticate": "Avec votre mot de passe",
    "mfa_reauthenticate": "Avec un code",
    "mfa_reauthenticate:webauthn": "Avec une clé d’accès",
}
