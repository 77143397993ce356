"""The two colours of a site, the styles they make, and whether every pair can be read (WCAG 2.2: 4.5 to 1 for words, 3 to 1 for edges).

The signal colour carries the deep one, never white; the deep one is the ink of words in light and the ground of bands in both. In
dark, words and paper are those of tokens.css, and the bands take the deep colour a little lighter (DARK_LIFT), to stand off the paper.
"""

import re
from functools import cache
from pathlib import Path

TOKENS = Path(__file__).parent / "static" / "foundation" / "tokens.css"
SCHEMES = {"light": "en clair", "dark": "en sombre"}
DARK_LIFT = 0.08
WORDS, EDGES = 4.5, 3.0
PAIRS = [
    ("text", "paper", WORDS, "le texte sur le papier"),
    ("text", "wash", WORDS, "le texte sur un fond gris"),
    ("soft", "paper", WORDS, "le texte discret sur le papier"),
    ("soft", "wash", WORDS, "le texte discret sur un fond gris"),
    ("on-ink", "ink", WORDS, "le blanc sur les bandes de la couleur profonde"),
    ("on-ink-soft", "ink", WORDS, "le texte discret sur les bandes de la couleur profonde"),
    ("on-signal", "signal", WORDS, "le mot d’un bouton (couleur profonde) sur la couleur vive"),
    ("signal", "ink", WORDS, "la couleur vive sur les bandes de la couleur profonde"),
    ("bad", "paper", WORDS, "le rouge des erreurs sur le papier"),
    ("good", "paper", WORDS, "le vert sur le papier"),
    ("placeholder", "paper", WORDS, "l’exemple dans une case"),
    ("edge", "paper", EDGES, "le bord d’une case sur le papier"),
    ("focus", "paper", EDGES, "le cadre du clavier sur le papier"),
]


@cache
def tokens(scheme: str) -> dict[str, str]:
    """The colours of tokens.css by name, in "light" or "dark"."""
    light, dark = TOKENS.read_text("utf-8").split("@media (prefers-color-scheme: dark)")
    pattern = r"--([a-z-]+): (#[0-9a-f]{6});"
    return dict(re.findall(pattern, light)) | (dict(re.findall(pattern, dark)) if scheme == "dark" else {})


def _parts(colour: str) -> list[int]:
    return [int(colour[place : place + 2], 16) for place in (1, 3, 5)]


def luminance(colour: str) -> float:
    """Relative luminance, from 0 (black) to 1, of « #rrggbb »."""
    parts = [part / 255 for part in _parts(colour)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def lifted(deep: str) -> str:
    """The deep colour as the bands have it in dark: mixed with a little white."""
    return "#" + "".join(f"{round(part + (255 - part) * DARK_LIFT):02x}" for part in _parts(deep))


def changed(scheme: str, signal: str, deep: str) -> dict[str, str]:
    """What two colours change of the tokens in a scheme."""
    if scheme == "light":
        return {"signal": signal, "on-signal": deep, "ink": deep, "text": deep, "focus": deep}
    # Words and frame of the keyboard are said again: those of light, above, would win over tokens.css.
    return {"signal": signal, "on-signal": deep, "ink": lifted(deep)} | {
        name: tokens("dark")[name] for name in ("text", "focus")
    }


def failures(colours: dict[str, str]) -> list[tuple[str, float, float]]:
    """Pairs of a whole set of tokens that cannot be read: (French name, ratio found, ratio needed)."""
    return [(words, ratio, needed) for words, ratio, needed, _ in _failing(colours)]


def _failing(colours: dict[str, str]) -> list[tuple[str, float, float, bool]]:
    """As `failures`, and whether the signal colour is of the pair."""
    found = [
        (words, contrast(colours[front], colours[back]), needed, "signal" in (front, back))
        for front, back, needed, words in PAIRS
    ]
    return [one for one in found if one[1] < one[2]]


def problems(signal: str, deep: str) -> dict[str, list[str]]:
    """Why these two colours cannot be had, {"signal" or "deep", whichever to change first: what to do, then a sentence for each pair}."""
    what = {
        "signal": f"La couleur vive {signal} et la couleur profonde {deep} sont trop proches : prenez la première plus claire, ou la seconde plus sombre.",
        "deep": f"La couleur profonde {deep} est trop claire : prenez-la plus sombre.",
    }
    told: dict[str, list[str]] = {}
    for scheme, name in SCHEMES.items():
        for words, ratio, needed, is_vivid in _failing(tokens(scheme) | changed(scheme, signal, deep)):
            which = "signal" if is_vivid else "deep"
            pair = f"{words[:1].upper()}{words[1:]}, {name} : {_said(ratio)} : 1, il faut {_said(needed)} : 1."
            told.setdefault(which, [what[which]]).append(pair)
    return told


def _said(ratio: float) -> str:
    """Rounded down: what fails by a hair must not look as if it passed."""
    return f"{int(ratio * 10) / 10:.1f}".replace(".", ",")


def stylesheet(signal: str, deep: str) -> str:
    """The custom properties of a site, to be read after tokens.css."""
    light, dark = (_properties(changed(scheme, signal, deep)) for scheme in SCHEMES)
    return f":root {{ {light} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n"


def specimen(signal: str, deep: str) -> str:
    """Both schemes side by side whatever the screen asks for: `.scheme-light` and `.scheme-dark` hold every token."""
    rules = []
    for scheme in SCHEMES:
        colours = tokens(scheme) | (changed(scheme, signal, deep) if signal else {})
        rules.append(f".scheme-{scheme} {{ color-scheme: {scheme}; {_properties(colours)} }}\n")
    return "".join(rules)


def _properties(colours: dict[str, str]) -> str:
    return " ".join(f"--{name}: {colour};" for name, colour in colours.items())
