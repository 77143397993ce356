"""Whatever stands above the quotation of our letter is the person's, to the last line."""

import pytest
from hypothesis import given, seed
from hypothesis import strategies as st

from relais.channels.email.quoting import own_words
from tests.made_up import cases

from .answered import CUT, LETTERS, READ

OURS = [
    "Salut, tu es libre jeudi ?",
    "",
    "Sarah, de l’équipe de Relais",
    "",
    "Pour continuer, réponds à cette lettre :",
    "https://relais.invalid/parler/l/X",
]
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
    "orange": f'> Message du 27/11/26 14:03\n> De : "Relais" <bonjour@relais.invalid>\n> A : lou@exemple.invalid\n> Copie à : \n> Objet : Relais\n> \n{MARKED}',
    "zimbra": f'----- Mail original -----\nDe: "Relais" <bonjour@relais.invalid>\nÀ: "lou" <lou@exemple.invalid>\nEnvoyé: Vendredi 27 Novembre 2026 14:03:02\n'
    f"Objet: Relais\n\n{PLAIN}",
    "la poste": f"-------- Message original --------\nObjet: Relais\nDate: 27.11.2026 14:03\nDe: {WHO}\nÀ: lou@exemple.invalid\n\n{PLAIN}",
    "proton": f"Envoyé avec la messagerie sécurisée Proton Mail.\n\nLe vendredi 27 novembre 2026 à 14:03, {WHO} a écrit :\n\n{MARKED}",
    "free": f"-----Message d'origine-----\nDe : {WHO}\nEnvoyé : vendredi 27 novembre 2026 14:03\nÀ : lou@exemple.invalid\nObjet : Relais\n\n{PLAIN}",
    "sfr": f"Envoyé de mon Samsung Galaxy\n\n-------- Message d'origine --------\nDe : {WHO}\nDate : 27/11/2026 14:03 (GMT+01:00)\nÀ : lou@exemple.invalid\n"
    f"Objet : Relais\n\n{PLAIN}",
}
LINES = st.one_of(
    st.sampled_from(
        [
            "Le foyer m'a mis dehors hier soir.",
            "On m'a frappée hier soir.",
            "Le jeudi me va.",
            "On peut se voir en 2026 ?",
            "Le prof a écrit :",
            "Le 12 mars 2026 mon père a écrit :",
            "Le 12 mars 2026 à 14:03, mon père a écrit :",
            "On Monday 2 March 2026 he wrote:",
            "En 2026, il a écrit :",
            "Le 27 nov. 2026 à 14:03",
            "De : mon père",
            "Envoyé de chez ma mère parce que j'ai peur",
            "Envoyé : rien",
            "Objet : aide",
            "Date : hier",
            "Message original de ma part",
            "j'ai envie de mourir",
            "",
            "Le 3",
            "On",
            "Le",
            "x@exemple.invalid",
            "À : toi",
            "Sent from hell, by me, to you all today",
            "Sent from my school",
            "Envoyé de mon téléphone, viens me chercher",
            "--",
            "-- ",
            "-- j'ai peur",
            "> casse-toi",
            ">",
            "Il m'a dit :",
            "À 14:03 il m'a dit :",
            "Nom : Lou",
            "Né : le 12/03/2009",
            "Adresse : lou@exemple.invalid",
            "Le 12 mars 2026 à 14:03, x <x@exemple.invalid> a écrit :",
        ]
    ),
    st.builds(
        lambda start, rest: f"{start} {rest}",
        st.sampled_from(["Le", "On", "De :", "Envoyé", "--", ">", "À :", "Objet :"]),
        st.text("abcdé ,.:2026'’", max_size=40),
    ),
)


FOREIGN = {
    "german": f"Am Fr., 27. Nov. 2026 um 14:03 Uhr schrieb {WHO}:\n\n{MARKED}",
    "italian": f"Il giorno ven 27 nov 2026 alle ore 14:03 {WHO} ha scritto:\n\n{MARKED}",
    "spanish": f"El vie, 27 nov 2026 a las 14:03, {WHO} escribió:\n\n{MARKED}",
    "portuguese": f"Em sex., 27 de nov. de 2026 às 14:03, {WHO} escreveu:\n\n{MARKED}",
    "dutch": f"Op vr 27 nov 2026 om 14:03 schreef {WHO}:\n\n{MARKED}",
    "polish": f"pt., 27 lis 2026 o 14:03 {WHO} napisał(a):\n\n{MARKED}",
    "swedish": f"Den fre 27 nov. 2026 kl 14:03 skrev {WHO}:\n\n{MARKED}",
    "danish": f"Den fre. 27. nov. 2026 kl. 14.03 skrev {WHO}:\n\n{MARKED}",
    "finnish": f"pe 27. marrask. 2026 klo 14.03 Relais (bonjour@relais.invalid) kirjoitti:\n\n{MARKED}",
    "turkish": f"Relais <bonjour@relais.invalid>, 27 Kas 2026 Cum, 14:03 tarihinde şunu yazdı:\n\n{MARKED}",
    "romanian": f"În vin., 27 nov. 2026 la 14:03, {WHO} a scris:\n\n{MARKED}",
    "hungarian": f"Relais <bonjour@relais.invalid> ezt írta (időpont: 2026. nov. 27., P, 14:03):\n\n{MARKED}",
    "russian": f"пт, 27 нояб. 2026 г. в 14:03, {WHO}:\n\n{MARKED}",
    "ukrainian": f"пт, 27 лист. 2026 р. о 14:03 {WHO} пише:\n\n{MARKED}",
    "greek": f"Στις Παρ 27 Νοε 2026 στις 2:03 μ.μ., ο χρήστης {WHO} έγραψε:\n\n{MARKED}",
    "arabic": f"في الجمعة، 27 نوفمبر 2026 في 2:03 م تمت كتابة ما يلي بواسطة {WHO}:\n\n{MARKED}",
    "chinese": f"Relais <bonjour@relais.invalid> 于2026年11月27日周五 14:03写道：\n\n{MARKED}",
    "japanese": f"2026年11月27日(金) 14:03 {WHO}:\n\n{MARKED}",
    "korean": f"2026년 11월 27일 (금) 오후 2:03, Relais <bonjour@relais.invalid>님이 작성:\n\n{MARKED}",
    "vietnamese": f"Vào Th 6, 27 thg 11, 2026 vào lúc 14:03 {WHO} đã viết:\n\n{MARKED}",
    "outlook german": f"Von: {WHO}\nGesendet: Freitag, 27. November 2026 14:03\nAn: lou@exemple.invalid\nBetreff: Relais\n\n{PLAIN}",
    "outlook italian": f"Da: {WHO}\nInviato: venerdì 27 novembre 2026 14:03\nA: lou@exemple.invalid\nOggetto: Relais\n\n{PLAIN}",
    "outlook polish": f"Od: {WHO}\nWysłano: piątek, 27 listopada 2026 14:03\nDo: lou@exemple.invalid\nTemat: Relais\n\n{PLAIN}",
    "outlook chinese": f"发件人: {WHO}\n发送时间: 2026年11月27日 14:03\n收件人: lou@exemple.invalid\n主题: Relais\n\n{PLAIN}",
    "outlook turkish": f"Kimden: {WHO}\nGönderildi: 27 Kasım 2026 Cuma 14:03\nKime: lou@exemple.invalid\nKonu: Relais\n\n{PLAIN}",
}


def lines_of(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


@pytest.mark.parametrize("program", [*ANNOUNCED, *FOREIGN])
@seed(20261129)
@cases(60)
@given(st.lists(LINES, min_size=1, max_size=5), st.sampled_from(["\n", "\n\n", "\n\n\n"]))
def test_no_line_of_theirs_is_lost(program, lines, gap):
    theirs = lines_of("\n".join(lines))
    announced = (ANNOUNCED | FOREIGN)[program].lstrip(" ")
    if theirs:
        assert lines_of(own_words("\n".join(lines).strip() + gap + announced))[: len(theirs)] == theirs


@pytest.mark.parametrize("program", [name for name, said in ANNOUNCED.items() if said.endswith(MARKED)])
@seed(20261130)
@cases(40)
@given(st.lists(LINES, min_size=1, max_size=3), st.lists(LINES, min_size=1, max_size=3), st.booleans())
def test_nor_of_what_is_written_between_and_below_a_marked_quotation(program, between, below, top):
    between, below = (["Voilà."] + [one.lstrip("> ") for one in lines] for lines in (between, below))
    above = ["Coucou Sarah."] if top else []
    whole = "\n".join([*above, "", ANNOUNCED[program], *between, "> Et à 17 h ?", *below])
    kept = lines_of(own_words(whole))
    for line in lines_of("\n".join([*above, *between, *below])):
        assert line in kept


@pytest.mark.parametrize("program", ANNOUNCED)
@pytest.mark.parametrize("text", ["Oui jeudi.", "Le jeudi me va.", "Coucou Sarah\nOn m'a frappée hier soir."])
def test_our_letter_is_folded_away(program, text):
    assert own_words(f"{text}\n\n{ANNOUNCED[program]}") == text


# --- letters as they come, marked by a reader

MARKED_BY_HAND = {name: (language, *text.split(f"{CUT}\n")) for name, (language, text) in LETTERS.items()}


@pytest.mark.parametrize("name", MARKED_BY_HAND)
def test_above_any_announcement_in_any_language_every_line_stays(name):
    """Their words above the quotation of each of the programs: what is in one language may be announced in another."""
    _, theirs, _ = MARKED_BY_HAND[name]
    for other, (_, _, below) in MARKED_BY_HAND.items():
        kept = lines_of(own_words(theirs + below))
        assert kept[: len(lines_of(theirs))] == lines_of(theirs), other


def test_nine_in_ten_are_folded_from_the_very_line_a_reader_marked():
    """In the languages that are read. The others keep more than is theirs, never less."""
    read = {name: one for name, one in MARKED_BY_HAND.items() if one[0] in READ}
    missed = [name for name, (_, theirs, below) in read.items() if own_words(theirs + below) != theirs.strip()]
    assert len(MARKED_BY_HAND) >= 43 and len(read) >= 30
    assert len(missed) <= len(read) // 10, missed


@pytest.mark.parametrize("month", ["January", "February", "March", "April", "May", "June", "July", "August"])
@pytest.mark.parametrize(
    "day", ["Friday, {} 27, 2026 at 2:03 PM", "27 {} 2026 14:03:02 CET", "Friday, {} 27th, 2026 at 2:03 PM"]
)
def test_a_month_in_full_is_a_date(month, day):
    assert own_words(f"Fine.\n\nOn {day.format(month)}, {WHO} wrote:\n\n{MARKED}") == "Fine."


@pytest.mark.parametrize(
    "line",
    ["On November nights I am cold, he wrote:", "Le mardinette 2026 il a écrit :", "On Marching 27 2026 she wrote:"],
)
def test_a_word_that_only_begins_like_a_month_is_none(line):
    assert own_words(f"Salut.\n{line}\n> casse-toi\nVoilà.").startswith(f"Salut.\n{line}")


@pytest.mark.parametrize(
    "text",
    [
        "Bonjour\nDate : 3/12/2026\nDe : 14h à 16h\nje voudrais un rdv, j'ai peur",
        "Bonjour,\n\nLe 12/11/2026 à 14h30, mon père m'a écrit :\n\nTu ne rentres plus.\n\nAidez-moi",
        "Bonjour,\n\nLe 12/11/2026 à 14h30, la CPE nous a écrit :\n\nIl est exclu.",
        "Bonjour\nDe : la gare\nLe : 3/12/2026\nA : la mission locale\n\nC'est bon ?",
        "Bonjour\n-- message d'origine --\nça c'est ce que ma mère m'a dit : dehors\nje dors où ?",
        "J'ai cours.\n\nEnvoyé par mail",
    ],
)
def test_what_a_person_tells_is_no_announcement(text):
    assert own_words(text) == text
