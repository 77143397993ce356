"""Words, their places in a clause, and the noun groups before a verb: what our own rules are written with."""

import re
from dataclasses import dataclass

from .lexicon import Form, Lexicon, listed

TOKEN = re.compile(
    r"(?:lorsqu|puisqu|jusqu|quoiqu|presqu|quelqu|qu|[ldnmtsjcç])’|\w+(?:[-·.]\w+)*(?:’\w+)*|[^\w\s]", re.IGNORECASE
)
ENCLITIC = re.compile(r"-(?:t-)?(?:je|tu|moi|toi|le|la|les|lui|nous|vous|leur|en|y|il|elle|on|ils|elles)$")

CLITICS = listed("ne n’ me m’ te t’ se s’ le la l’ les lui leur nous vous y en")
SINGULAR = listed(
    "le la l’ un une mon ma ton ta son sa notre votre leur ce cet cette chaque aucun aucune tout toute quel quelle"
)
PLURAL = listed(
    "les des mes tes ses nos vos leurs ces deux trois quatre cinq six plusieurs quelques certains certaines"
)
PRONOUNS = {
    **dict.fromkeys(
        listed("il elle on ça cela ceci celui-ci celle-ci celui-là celle-là chacun chacune quelqu’un personne rien"), 0
    ),
    **dict.fromkeys(listed("ils elles ceux-ci celles-ci ceux-là celles-là"), 1),
}
LINKS = listed("de d’ du des à au aux en la le l’")
ADVERBS = listed("aussi souvent toujours toute tout vraiment chez très plus même")
PREPOSITIONS = listed("à de d’ pour avec sans chez sur sous par contre vers dans en entre selon depuis dès")
CLAUSE = listed(
    "et ou mais donc or ni car quand lorsque lorsqu’ si que qu’ puisque puisqu’ comme où dont puis alors parce"
)
QUANTITIES = listed("beaucoup plein tant énormément")
COLLECTIVES = listed(
    "plupart partie groupe foule dizaine quinzaine vingtaine centaine ensemble majorité minorité nombre moitié tiers tas reste"
)
TIMES = listed(
    "matin matinée jour journée soir soirée nuit midi semaine mois an année fois week-end été hiver printemps automne saison moment heure "
    "minute veille lendemain "
    "lundi mardi mercredi jeudi vendredi samedi dimanche janvier février mars avril mai juin juillet août septembre octobre novembre décembre"
)
SECOND = listed("tu t’ toi")
FIRST = listed("je j’ moi")


@dataclass(frozen=True)
class Token:
    text: str
    start: int
    form: Form

    @property
    def word(self) -> str:
        return self.text.lower()

    @property
    def is_word(self) -> bool:
        return self.text[0].isalnum()


def words_of(text: str) -> set[str]:
    """The words whose forms the rules ask for."""
    return {part for found in TOKEN.findall(text) if found[0].isalnum() for part in (found, *found.split("-"))}


def tokens_of(text: str, lexicon: Lexicon) -> list[Token]:
    return [Token(found[0], found.start(), _form(found[0], lexicon)) for found in TOKEN.finditer(text)]


def _form(word: str, lexicon: Lexicon) -> Form:
    form = lexicon(word)
    if form == Form() and "-" in word and not ENCLITIC.search(word.lower()):
        parts = [lexicon(part) for part in word.split("-")]
        # « moniteur-éducateur » is in no dictionary, its halves are.
        if all(part.is_noun for part in parts):
            return Form(numbers=parts[0].numbers)
    return form


def before_clitics(tokens: list[Token], place: int) -> int:
    """The place of the word before the pronouns that stand before a verb, -1 when there is none in its clause."""
    place -= 1
    while place >= 0 and tokens[place].word in CLITICS:
        place -= 1
    return place if place >= 0 and tokens[place].is_word else -1


def clause_start(tokens: list[Token], place: int) -> int:
    while (
        place > 0
        and (tokens[place - 1].is_word or tokens[place - 1].text.endswith("’"))
        and tokens[place - 1].word not in CLAUSE
    ):
        place -= 1
    return place


def group_number(tokens: list[Token], first: int, last: int, *, is_short: bool) -> int | None:
    """0 or 1, the number of the noun group that fills tokens[first:last + 1]; None when they are something else."""
    if (
        tokens[first].word in ("tout", "toute", "tous", "toutes")
        and first < last
        and tokens[first + 1].word in SINGULAR | PLURAL
    ):
        first += 1
    head = tokens[first]
    if first == last:
        is_name = (
            head.text[0].isupper() and not head.form.persons and not head.form.is_other and not head.form.is_infinitive
        )
        is_told = head.word not in PREPOSITIONS | CLITICS | ADVERBS | CLAUSE | FIRST | SECOND and (
            not is_short or first > 0 or head.text.isupper()
        )
        return 0 if is_name and is_told else None
    is_quantity = head.word in QUANTITIES or (head.word == "la" and tokens[first + 1].word == "plupart")
    if head.word not in SINGULAR | PLURAL and not is_quantity:
        return None
    number = int(head.word in PLURAL or is_quantity)
    # « L’un tient la liste, l’autre les comptes »: the verb is left out.
    if tokens[first + 1].word in ("un", "une", "autre", "uns", "unes", "autres"):
        return None
    if is_short and last > first + 1 and not re.search(r"(?:é|ée|és|ées|el|elle|if|ive|al|ale)$", tokens[last].word):
        return None
    if is_quantity and tokens[last].form.numbers != {"p"}:
        return None
    for place in range(first + 1, last + 1):
        if not _may_follow(tokens, place, place == first + 1 and not is_quantity, number):
            return None
    return None if tokens[last].word in LINKS else number


def _may_follow(tokens: list[Token], place: int, is_head: bool, number: int) -> bool:
    """Whether a word may continue a noun group: a noun, an adjective, an unknown word, or what links two of them."""
    token, before = tokens[place], tokens[place - 1].word
    if token.word in ("la", "le", "l’"):
        return before in PREPOSITIONS
    if token.word in LINKS or token.word == "plupart" or (token.word in PLURAL and is_head):
        return True
    if token.word in PREPOSITIONS | CLITICS | FIRST | SECOND | set(PRONOUNS) or token.text.endswith("’"):
        return False
    if (token.form.persons and not (is_head or before in LINKS | PLURAL)) or (
        token.form.is_infinitive and not token.form.is_noun
    ):
        return False
    if is_head and token.form.is_noun and not token.form.numbers & {"i", "sp"[number]}:
        return False
    return token.form.is_noun or not (token.form.is_other or token.form.persons)


def is_noun_phrase(tokens: list[Token], last: int, place: int) -> bool:
    """Whether « les aides » may be a noun there: an adjective or its own verb follows."""
    clitic, form = tokens[place - 1].word, tokens[place].form
    fits = (clitic == "les" and form.numbers & {"p", "i"}) or (
        clitic in ("le", "la", "l’") and form.numbers & {"s", "i"}
    )
    if not fits or place - 1 == last:
        return False
    for number, token in enumerate(tokens[place + 1 :]):
        if not token.is_word or token.word in CLAUSE:
            return False
        if (number == 0 and token.form.is_adjective and not token.form.is_other) or "3p" in token.form.persons:
            return True
    return False
