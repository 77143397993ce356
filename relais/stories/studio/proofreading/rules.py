"""Our own rules, for the mistakes of agreement that Grammalecte lets through: « L’éducatrice les aides », « un métier qui soutiens ».

Each looks at one word and at what stands before it, and says nothing unless the words before can be read in one way only.
"""

from collections.abc import Iterator

from .grammar import (
    COLLECTIVES,
    ENCLITIC,
    FIRST,
    PLURAL,
    PREPOSITIONS,
    PRONOUNS,
    SECOND,
    SINGULAR,
    TIMES,
    Token,
    before_clitics,
    clause_start,
    group_number,
    is_noun_phrase,
    tokens_of,
)
from .lexicon import Lexicon, listed

HAVE = listed("ai as a avons avez ont avais avait avions aviez avaient aurai aura aurais aurait auront")
USUAL = listed("est sont a ont va vont peut peuvent fait font")
"""Verbs so common that their other readings (« l’est », « un fait ») do not count."""


def own_remarks(text: str, lexicon: Lexicon, *, is_short: bool) -> Iterator[dict]:
    """Remarks in the form of `driver.py`. `is_short`: the lexicon knows few words, so an unknown one may be a verb."""
    tokens = tokens_of(text, lexicon)
    for place, token in enumerate(tokens):
        if ENCLITIC.search(token.word) or _has_pronoun_after(tokens, place):
            continue
        if token.form.is_first_or_second and (found := _second_person(tokens, place, is_short=is_short)):
            rule, number = found
            yield _remark(
                rule,
                token,
                "Ce verbe est à la première ou à la deuxième personne, et son sujet non.",
                _third(token, number),
            )
        elif (number := _number_of_verb(token)) is not None and (
            rule := _other_number(tokens, place, number, is_short=is_short)
        ):
            message = f"Le verbe est au {'pluriel' if number else 'singulier'} et son sujet non."
            yield _remark(rule, token, message, _third(token, 1 - number))
        elif token.form.is_single_participle and _follows_les(tokens, place):
            yield _remark(
                "relais_les_ai",
                token,
                "Le participe s’accorde avec « les », placé avant.",
                (token.text + "s", token.text + "es"),
            )
        elif token.word == "leur" and _is_before_plural(tokens, place):
            noun = tokens[place + 1].text
            both = Token(f"{token.text} {noun}", token.start, token.form)
            yield _remark(
                "relais_leur",
                both,
                "« leur » est au singulier, le nom qui suit au pluriel.",
                (f"{token.text}s {noun}",),
            )


def _has_pronoun_after(tokens: list[Token], place: int) -> bool:
    return place + 1 < len(tokens) and tokens[place + 1].word in ("je", "tu", "-")


def _second_person(tokens: list[Token], place: int, *, is_short: bool) -> tuple[str, int | None] | None:
    """(rule, number of the subject: 0, 1 or None when unknown), or None when nothing is certain."""
    form, subject = tokens[place].form, before_clitics(tokens, place)
    if subject >= 0 and tokens[subject].word == "qui":
        return _after_qui(tokens, subject, place)
    if subject >= 0 and (found := _after_subject(tokens, subject, place, is_short=is_short)):
        return found
    is_sure = not is_short and form.persons == {"2s"} and not form.is_noun and not form.is_imperative
    if is_sure and place and not any(token.word in SECOND for token in tokens):
        return "relais_second_person", None
    return None


def _after_qui(tokens: list[Token], qui: int, place: int) -> tuple[str, int | None] | None:
    """« un métier qui soutiens »; not « toi qui soutiens », nor « à qui les aides sont versées »."""
    before = [token.word for token in tokens[max(0, qui - 6) : qui]]
    agreed = SECOND if tokens[place].form.persons == {"2s"} else SECOND | FIRST
    if agreed & set(before) or (before and before[-1] in PREPOSITIONS) or is_noun_phrase(tokens, qui, place):
        return None
    return "relais_qui", _antecedent(tokens, qui)


def _antecedent(tokens: list[Token], qui: int) -> int | None:
    """The number of the noun group just before « qui »; None when it is in two parts (« un groupe de jeunes qui »)."""
    for place in range(qui - 1, max(-1, qui - 5), -1):
        word, before = tokens[place].word, tokens[place - 1].word if place else ""
        if word in ("ceux", "celles", "eux"):
            return 1
        if word in PLURAL:
            is_part = before in ("de", "d’", "à") or (
                word == "des" and place > 0 and (tokens[place - 1].form.is_noun or before in PREPOSITIONS)
            )
            return None if is_part else 1
        if word in ("celui", "celle", "lui", "elle", "quelqu’un") or word in SINGULAR:
            return None if before in ("de", "d’") else 0
        if not tokens[place].is_word or tokens[place].form.is_other:
            return None
    return None


def _after_subject(tokens: list[Token], last: int, place: int, *, is_short: bool) -> tuple[str, int | None] | None:
    """« L’éducatrice les aides »; not « elle connaît les aides », « les aides financières », « ce matin les aides arrivent »."""
    first = clause_start(tokens, last)
    if tokens[last].word in PRONOUNS and (last == first or tokens[last - 1].word not in PREPOSITIONS):
        number = PRONOUNS[tokens[last].word]
    elif (number := group_number(tokens, first, last, is_short=is_short)) is None:
        return None
    if tokens[place].form.is_noun:
        is_time = any(token.word in TIMES for token in tokens[first : last + 1])
        if is_time or last + 1 == place or is_noun_phrase(tokens, last, place):
            return None
    return "relais_subject", number


def _number_of_verb(token: Token) -> int | None:
    persons = token.form.persons
    if (
        ("3s" in persons and "3p" in persons)
        or not token.form.is_third
        or (token.form.is_other and token.word not in USUAL)
    ):
        return None
    return int("3p" in persons)


def _other_number(tokens: list[Token], place: int, number: int, *, is_short: bool) -> str:
    """The rule by which the subject of a verb of the third person has the other number, or "" when nothing is certain."""
    token, last = tokens[place], before_clitics(tokens, place)
    has_sure_clitic = last + 1 < place and tokens[place - 1].word not in ("le", "la", "l’", "les", "leur", "en")
    if last < 0 or (token.form.is_noun and token.word not in USUAL and not has_sure_clitic):
        return ""
    if tokens[last].word == "qui":
        return "relais_qui_number" if not number and _antecedent(tokens, last) == 1 else ""
    first = clause_start(tokens, last)
    # « L’expérience des urgences ou des entreprises est »: what follows « ou » may belong to an earlier group.
    is_joined = first > 0 and tokens[first - 1].word in ("et", "ou", "ni", "comme")
    group = group_number(tokens, first, last, is_short=is_short) if last > first and not is_joined else None
    words = [token.word for token in tokens[first : last + 1]]
    if group is None or group == number or TIMES & set(words[:3]):
        return ""
    # « Le directeur et son équipe accueillent », « une partie des jeunes restent ».
    is_alone = first == 0 or tokens[first - 1].word in (
        "que",
        "qu’",
        "quand",
        "si",
        "mais",
        "car",
        "parce",
        "puisque",
        ".",
        ":",
        "!",
        "?",
        "«",
    )
    return "" if number and (not is_alone or COLLECTIVES & set(words)) else "relais_number"


def _follows_les(tokens: list[Token], place: int) -> bool:
    """« je les ai accompagné »; not « je les ai vu danser »."""
    have = place - 1
    if have > 0 and tokens[have].form.is_other and tokens[have].word not in HAVE:
        have -= 1
    if have < 1 or tokens[have].word not in HAVE or tokens[have - 1].word != "les":
        return False
    following = tokens[place + 1 : place + 2]
    return not (following and following[0].form.is_infinitive) and tokens[place].word not in (
        "fait",
        "laissé",
        "pu",
        "dû",
        "voulu",
        "su",
    )


def _is_before_plural(tokens: list[Token], place: int) -> bool:
    """« leur places »; not « tu leur places », nor « il leur sert des frites »."""
    following = tokens[place + 1].form if place + 1 < len(tokens) else None
    if not following or following.numbers != {"p"} or following.is_other:
        return False
    return not following.persons or not {token.word for token in tokens[:place]} & (SECOND | FIRST)


def _third(token: Token, number: int | None) -> tuple[str, ...]:
    return token.form.third if number is None else token.form.third[number : number + 1]


def _remark(rule: str, token: Token, message: str, suggestions: tuple[str, ...]) -> dict:
    return {
        "start": token.start,
        "end": token.start + len(token.text),
        "rule": rule,
        "option": "own",
        "message": message,
        "suggestions": [word.upper() if token.text.isupper() and len(token.text) > 1 else word for word in suggestions],
    }
