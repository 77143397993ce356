"""Whatever stands above the quotation of our letter is the person's, to the last line."""

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from relais.channels.email.quoting import own_words

OURS = ["Salut, tu es libre jeudi ?", "", "Sarah, de l’équipe de Relais", "", "Pour continuer, réponds à cette lettre :", "https://relais.invalid/parler/l/X"]
MARKED, PLAIN = "\n".join(f"> {line}".rstrip() for line in OURS), "\n".join(OURS)
WHO = "Relais <bonjour@relais.invalid>"
ANNOUNCED = {
    "gmail": f"Le ven. 27 nov. 2026 à 14:03, {WHO} a écrit :\n\n{MARKED}",
    "gmail folded": f"Le ven. 27 nov. 2026 à 14:03, Relais de la mission locale\n<bonjour@relais.invalid> a écrit :\n\n{MARKED}",
    "gmail folded in three": f"Le vendredi 27 novembre 2026 à 14:03, Relais\n<bonjour@relais.invalid> a\nécrit :\n> {MARKED}",
    "gmail english": f"On Fri, Nov 27, 2026 at 2:03 PM {WHO} wrote:\n\n{MARKED}",
    "apple": f"> Le 27 nov. 2026 à 14:03, {WHO} a écrit :\n> \n{MARKED}",
    "apple unmarked announcement": f"Le 27 nov. 2026 à 14:03, {WHO} a écrit :\n\n{MARKED}",
    "apple english": f"On 27 Nov 2026, at 14:03, {WHO} wrote:\n\n{MARKED}",
    "outlook": f"De : {WHO}\nEnvoyé : vendredi 27 novembre 2026 14:03\nÀ : lou@exemple.invalid\nObjet : Relais : un message pour toi\n\n{PLAIN}",
    "outlook english": f"From: {WHO}\nSent: Friday, November 27, 2026 2:03 PM\nTo: lou@exemple.invalid\nSubject: Relais\n\n{PLAIN}",
    "outlook ios": f"Obtenez Outlook pour iOS<https://aka.ms/o0ukef>\n{'_' * 32}\nDe : {WHO}\nEnvoyé : vendredi 27 novembre 2026 14:03\n"
    f"À : lou@exemple.invalid <lou@exemple.invalid>\nObjet : Relais\n\n{PLAIN}",
    "outlook android": f"Télécharger Outlook pour Android\n{'_' * 32}\nFrom: {WHO}\nSent: Friday, November 27, 2026 2:03:00 PM\nTo: lou@exemple.invalid\n"
    f"Subject: Relais\n\n{PLAIN}",
    "thunderbird": f"Le 27/11/2026 à 14:03, Relais a écrit :\n{MARKED}",
    "thunderbird english": f"On 11/27/26 14:03, Relais wrote:\n{MARKED}",
    "yahoo": f"    Le vendredi 27 novembre 2026 à 14:03:02 UTC+1, {WHO} a écrit :  \n \n {PLAIN}",
    "orange": f"> Message du 27/11/26 14:03\n> De : \"Relais\" <bonjour@relais.invalid>\n> A : lou@exemple.invalid\n> Copie à : \n> Objet : Relais\n> \n{MARKED}",
    "zimbra": f"----- Mail original -----\nDe: \"Relais\" <bonjour@relais.invalid>\nÀ: \"lou\" <lou@exemple.invalid>\nEnvoyé: Vendredi 27 Novembre 2026 14:03:02\n"
    f"Objet: Relais\n\n{PLAIN}",
    "la poste": f"-------- Message original --------\nObjet: Relais\nDate: 27.11.2026 14:03\nDe: {WHO}\nÀ: lou@exemple.invalid\n\n{PLAIN}",
    "proton": f"Envoyé avec la messagerie sécurisée Proton Mail.\n\nLe vendredi 27 novembre 2026 à 14:03, {WHO} a écrit :\n\n{MARKED}",
    "free": f"-----Message d'origine-----\nDe : {WHO}\nEnvoyé : vendredi 27 novembre 2026 14:03\nÀ : lou@exemple.invalid\nObjet : Relais\n\n{PLAIN}",
    "sfr": f"Envoyé de mon Samsung Galaxy\n\n-------- Message d'origine --------\nDe : {WHO}\nDate : 27/11/2026 14:03 (GMT+01:00)\nÀ : lou@exemple.invalid\n"
    f"Objet : Relais\n\n{PLAIN}",
}  # fmt: skip
LINES = st.one_of(
    st.sampled_from([
        "Le foyer m'a mis dehors hier soir.", "On m'a frappée hier soir.", "Le jeudi me va.", "On peut se voir en 2026 ?", "Le prof a écrit :",
        "Le 12 mars 2026 mon père a écrit :", "Le 12 mars 2026 à 14:03, mon père a écrit :", "On Monday 2 March 2026 he wrote:", "En 2026, il a écrit :",
        "Le 27 nov. 2026 à 14:03", "De : mon père", "Envoyé de chez ma mère parce que j'ai peur", "Envoyé : rien", "Objet : aide", "Date : hier",
        "Message original de ma part", "j'ai envie de mourir", "", "Le 3", "On", "Le", "x@exemple.invalid", "À : toi", "Sent from hell, by me, to you all today",
    ]),
    st.builds(lambda start, rest: f"{start} {rest}", st.sampled_from(["Le", "On", "De :", "Envoyé"]), st.text("abcdé ,.:2026'’", max_size=40)),
)  # fmt: skip


@pytest.mark.parametrize("program", ANNOUNCED)
@seed(20261129)
@settings(max_examples=60, deadline=None)
@given(st.lists(LINES, min_size=1, max_size=5), st.sampled_from(["\n\n", "\n\n\n"]))
def test_no_line_of_theirs_is_lost(program, lines, gap):
    text = "\n".join(lines).strip()
    if text:
        kept = own_words(f"{text}{gap}{ANNOUNCED[program]}").split("\n")
        assert [line.strip() for line in text.split("\n") if line.strip()] == [line.strip() for line in kept if line.strip()][: len([x for x in lines if x.strip()])]


@pytest.mark.parametrize("program", ANNOUNCED)
@pytest.mark.parametrize("text", ["Oui jeudi.", "Le jeudi me va.", "Coucou Sarah\nOn m'a frappée hier soir."])
def test_our_letter_is_folded_away(program, text):
    assert own_words(f"{text}\n\n{ANNOUNCED[program]}") == text
