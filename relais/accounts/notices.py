"""Which of our letters stands for each of allauth's, and the words of its notices, in French, by the name allauth gives each."""

LETTERS = {
    "account/email/password_reset_key": "password_reset_key",
    "account/email/unknown_account": "unknown_account",
    "account/email/email_confirmation": "email_confirmation",
    "account/email/password_reset": "password_changed",
    "account/email/password_changed": "password_changed",
    "mfa/email/totp_activated": "totp_activated",
    "mfa/email/totp_deactivated": "totp_deactivated",
    "mfa/email/webauthn_added": "webauthn_added",
    "mfa/email/webauthn_removed": "webauthn_removed",
    "mfa/email/recovery_codes_generated": "recovery_codes_generated",
}

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
