"""The moving shapes of demonstration clips. Each draws one idea of care with circles, bars and arcs, around a place of the picture.

A motif is `motif(draw, time, colours)`: seconds from the start, and a Palette. Coordinates are those of a 1080 × 1920 picture.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from PIL import ImageDraw

X, Y = 540, 1090
"""The centre of what moves: under the words, above the captions."""


@dataclass(frozen=True)
class Palette:
    ground: str
    first: str
    second: str
    words: str


PALETTES = {
    "encre": Palette("#10122a", "#ff5a2c", "#f2f1ee", "#ffffff"),
    "signal": Palette("#ff5a2c", "#10122a", "#fff3e8", "#10122a"),
    "papier": Palette("#f2f1ee", "#ff5a2c", "#10122a", "#10122a"),
    "foret": Palette("#0f3d2e", "#ffd166", "#e9f5ee", "#ffffff"),
    "soleil": Palette("#ffd166", "#10122a", "#ff5a2c", "#10122a"),
    "ciel": Palette("#a9dbff", "#10122a", "#ff5a2c", "#10122a"),
    "prune": Palette("#3b1542", "#ff9f80", "#ffe9df", "#ffffff"),
    "lagon": Palette("#0b4f5c", "#ffd166", "#e6fbff", "#ffffff"),
    "rose": Palette("#ffd3dd", "#8c1440", "#10122a", "#10122a"),
}


def ease(part: float) -> float:
    """From 0 to 1, slow at both ends."""
    part = min(1.0, max(0.0, part))
    return part * part * (3 - 2 * part)


def circle(
    draw: ImageDraw.ImageDraw, x: float, y: float, radius: float, fill=None, outline=None, width: int = 0
) -> None:
    if radius > 0:
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill, outline=outline, width=width)


def bar(draw, x1: float, y1: float, x2: float, y2: float, thick: float, fill) -> None:
    """A line with round ends."""
    draw.line((x1, y1, x2, y2), fill=fill, width=round(thick))
    for x, y in ((x1, y1), (x2, y2)):
        circle(draw, x, y, thick / 2, fill)


def bowls(draw, time, colours):
    """Two bowls that wait, and what rises from them."""
    for side, colour in ((-1, colours.first), (1, colours.second)):
        x, y = X + side * 215, Y + 120
        for place in range(3):
            points = []
            for step in range(24):
                rise = step / 23
                sway = math.sin(rise * 7 - time * 2.4 + place + side) * 26 * rise
                points.append((x + (place - 1) * 80 + sway, y - 60 - rise * (90 + 160 * ease(time / 1.2))))
            draw.line(points, fill=colour, width=16, joint="curve")
        draw.pieslice((x - 170, y - 170, x + 170, y + 170), 0, 180, fill=colour)
        draw.rectangle((x - 80, y + 166, x + 80, y + 190), fill=colour)


def baton(draw, time, colours):
    """A baton goes from one to the other, and back."""
    part = 0.5 - 0.5 * math.cos(time * 1.5)
    for side, colour in ((-1, colours.first), (1, colours.second)):
        near = part if side > 0 else 1 - part
        circle(draw, X + side * 300, Y + 90, 120 + 34 * near, colour)
    x, y = X - 300 + 600 * part, Y - 110 - 100 * math.sin(part * math.pi)
    turn = part * math.pi
    bar(
        draw,
        x - 95 * math.cos(turn),
        y - 95 * math.sin(turn),
        x + 95 * math.cos(turn),
        y + 95 * math.sin(turn),
        46,
        colours.words,
    )


def stairs(draw, time, colours):
    """Steps, and somebody who climbs them at their own pace."""
    step, count = 170, 5
    left, low = X - step * count / 2, Y + 260
    for place in range(count):
        top = low - (place + 1) * 88
        if ease((time - place * 0.18) * 2) > 0:
            height = (low - top) * ease((time - place * 0.18) * 2)
            draw.rectangle(
                (left + place * step, low - height, left + (place + 1) * step - 12, low), fill=colours.second
            )
    walk = max(0.0, time - 1.0) / 1.15
    place, part = min(int(walk), count - 2), min(1.0, walk - min(int(walk), count - 2))
    moved = ease(part * 1.4)
    x = left + (place + 0.5 + moved) * step - 6
    y = low - (place + 1 + moved) * 88 - 66 - 70 * math.sin(moved * math.pi)
    circle(draw, x, y, 62, colours.first)


def door(draw, time, colours):
    """A door opens, and its light comes forward."""
    opening = ease((time - 0.5) / 1.8) * (0.92 + 0.05 * math.sin(time * 1.6))
    left, right, top, low = X - 170, X + 170, Y - 330, Y + 200
    draw.polygon(
        [(left, low), (right, low), (right + 260 * opening, low + 190), (left - 90 * opening, low + 190)],
        fill=colours.second,
    )
    draw.rectangle((left, top, right, low), fill=colours.second)
    edge = left + (right - left) * (1 - opening)
    shift = 46 * opening
    draw.polygon([(left, top), (edge, top + shift), (edge, low + shift), (left, low)], fill=colours.first)
    circle(draw, edge - 34, (top + low) / 2 + shift, 15, colours.ground)


def night(draw, time, colours):
    """A moon passes; behind the windows, somebody is awake."""
    angle = math.pi * (0.78 - 0.07 * time)
    x, y = X + 430 * math.cos(angle), Y - 150 - 70 * math.sin(angle)
    circle(draw, x, y, 86, colours.second)
    circle(draw, x + 42, y - 18, 80, colours.ground)
    for row in range(3):
        for column in range(5):
            left, top = X - 400 + column * 164, Y + 30 + row * 122
            lit = (column * 7 + row * 5) % 11 / 11 * 5 + 0.4
            on = 0 < time - lit < 3.4 or (row, column) == (1, 2)
            draw.rectangle(
                (left, top, left + 140, top + 98), fill=colours.first if on else None, outline=colours.second, width=7
            )


def blocks(draw, time, colours):
    """Blocks come to their place, one on the other: a child's tower, a day's work."""
    places = [(-1, 0), (0, 0), (1, 0), (-0.5, 1), (0.5, 1), (0, 2)]
    for rank, (column, row) in enumerate(places):
        fall = ease((time - 0.25 - rank * 0.55) * 2.2)
        if fall <= 0:
            continue
        x, y = X + column * 215 + (1 - fall) * (-900 if rank % 2 else 900), Y + 190 - row * 198
        colour = (colours.first, colours.second, colours.words)[rank % 3]
        draw.rectangle((x - 98, y - 90, x + 98, y + 90), fill=colour)
        if rank % 2:
            circle(draw, x, y, 42, colours.ground)
        else:
            draw.polygon([(x, y - 44), (x + 46, y + 38), (x - 46, y + 38)], fill=colours.ground)


def wheel(draw, time, colours):
    """A wheel that goes where it wants."""
    x, y, radius = 140 + 90 * time, Y - 10, 230
    draw.rectangle((0, y + radius + 6, 1080, y + radius + 26), fill=colours.second)
    for place in range(6):
        dash = (place * 260 - time * 90) % 1560 - 200
        draw.rectangle((dash, y + radius + 70, dash + 130, y + radius + 82), fill=colours.second)
    circle(draw, x, y, radius, None, colours.first, 36)
    for spoke in range(8):
        angle = time * 0.9 + spoke * math.pi / 4
        draw.line(
            (x, y, x + (radius - 20) * math.cos(angle), y + (radius - 20) * math.sin(angle)),
            fill=colours.first,
            width=9,
        )
    circle(draw, x, y, 48, colours.words)


def listening(draw, time, colours):
    """One speaks, one listens; then the other way round."""
    turn = int(time / 2.1) % 2
    for side, colour in ((-1, colours.first), (1, colours.second)):
        speaks = (side > 0) == bool(turn)
        x = X + side * 330
        circle(draw, x, Y + 60, 135 + (10 * math.sin(time * 9) if speaks else 0), colour)
        if speaks:
            for rank in range(3):
                grow = (time % 2.1) * 190 - rank * 62
                if 0 < grow < 330:
                    radius = 165 + grow
                    start = 180 - 32 if side > 0 else -32
                    draw.arc(
                        (x - radius, Y + 60 - radius, x + radius, Y + 60 + radius),
                        start,
                        start + 64,
                        fill=colour,
                        width=20,
                    )


def heartbeat(draw, time, colours):
    """A pulse: circles, and the line that follows them."""
    beat = math.exp(-5 * (time % 1.15)) * 60
    circle(draw, X, Y - 60, 210 + beat, colours.first)
    circle(draw, X, Y - 60, 120 + beat * 0.5, colours.second)
    points = []
    for step in range(0, 1085, 12):
        phase = (step / 360 - time * 0.87) % 1
        shape = -150 * math.exp(-((phase - 0.45) ** 2) / 0.0009) + 80 * math.exp(-((phase - 0.51) ** 2) / 0.0006)
        points.append((step, Y + 260 + shape))
    draw.line(points, fill=colours.words, width=14, joint="curve")


def path(draw, time, colours):
    """A way drawn step after step, and a place at its end."""
    points, done = [], ease((time - 0.3) / 4.2)
    for step in range(int(120 * done) + 1):
        part = step / 120
        points.append((150 + 740 * part, Y + 240 - 330 * part + 90 * math.sin(part * 9)))
    for place, (x, y) in enumerate(points):
        if place % 6 == 0:
            circle(draw, x, y, 17, colours.second)
    circle(draw, *points[-1], 52, colours.first)
    circle(draw, 890, Y - 90 + 90 * math.sin(9), 120 * ease((time - 4.2) * 2), None, colours.first, 22)


def bridge(draw, time, colours):
    """Two arms come from both sides and meet."""
    near = ease((time - 0.4) / 2.2)
    reach = 470 * near
    lift = 18 * math.sin(time * 2.2) * near
    bar(draw, -60, Y + 180, -60 + reach + 110, Y + 20 + lift, 130, colours.first)
    bar(draw, 1140, Y + 180, 1140 - reach - 110, Y + 20 + lift, 130, colours.second)
    ring = max(0.0, time - 2.5)
    for rank in range(2):
        radius = (ring * 130 - rank * 130) % 420
        if ring > rank and radius > 70:
            circle(draw, X, Y + 20, radius, None, colours.words, 10)


def sunrise(draw, time, colours):
    """The sun rises behind two hills: a shift ends, another begins."""
    rise = ease(time / 5)
    y = Y + 330 - 340 * rise
    for ray in range(12):
        angle = ray * math.pi / 6 + time * 0.18
        bar(
            draw,
            X + 205 * math.cos(angle),
            y + 205 * math.sin(angle),
            X + 262 * math.cos(angle),
            y + 262 * math.sin(angle),
            20,
            colours.first,
        )
    circle(draw, X, y, 165, colours.first)
    draw.ellipse((-420, Y + 120, 700, Y + 1100), fill=colours.second)
    draw.ellipse((420, Y + 190, 1500, Y + 1200), fill=colours.second)


def plant(draw, time, colours):
    """Something grows, leaf after leaf, because somebody waters it."""
    height = 470 * ease(time / 3.2)
    low = Y + 180
    sway = math.sin(time * 1.3) * 16
    draw.line(
        [(X, low), (X + sway * 0.4, low - height / 2), (X + sway, low - height)],
        fill=colours.second,
        width=22,
        joint="curve",
    )
    for rank in range(4):
        at = 110 + rank * 100
        grow = ease((height - at) / 120)
        if grow > 0:
            side, y = (-1 if rank % 2 else 1), low - at
            x = X + sway * at / 470
            draw.pieslice(
                (x - 170 * grow, y - 170 * grow, x + 170 * grow, y + 170 * grow),
                *((270, 360) if side > 0 else (180, 270)),
                fill=colours.first,
            )
    draw.polygon([(X - 150, low), (X + 150, low), (X + 105, low + 190), (X - 105, low + 190)], fill=colours.words)


def letters(draw, time, colours):
    """Envelopes opened one by one."""
    for rank in range(3):
        shown = ease((time - 0.3 - rank * 0.4) * 2)
        if shown <= 0:
            continue
        x, y = X - 250 + rank * 125, Y - 190 + rank * 175 + (1 - shown) * 300
        left, right, low = x - 30, x + 300, y + 200
        opened = ease((time - 1.9 - rank * 1.3) * 1.6)
        if opened > 0:
            draw.rectangle((left + 30, y - 120 * opened, right - 30, low - 20), fill=colours.words)
            draw.rectangle((left + 62, y - 90 * opened, right - 110, y - 74 * opened), fill=colours.ground)
        draw.rectangle((left, y, right, low), fill=colours.second)
        tip = y + 110 - 200 * opened
        draw.polygon([(left, y), (right, y), ((left + right) / 2, tip)], fill=colours.first)


def team(draw, time, colours):
    """Several around one: none of them alone."""
    circle(draw, X, Y + 50, 100, colours.words)
    for rank in range(5):
        come = ease((time - 0.3 - rank * 0.35) * 1.6)
        angle = rank * 2 * math.pi / 5 + time * 0.35
        circle(
            draw,
            X + 310 * math.cos(angle),
            Y + 50 + 225 * math.sin(angle),
            80 * come,
            (colours.first, colours.second)[rank % 2],
        )


def parachute(draw, time, colours):
    """A ball thrown up by a cloth that many hands hold."""
    wave = math.sin(time * 2.7)
    points = [(120 + step * 42, Y + 170 - 90 * wave * math.sin(step / 20 * math.pi)) for step in range(21)]
    draw.line(points, fill=colours.second, width=40, joint="curve")
    for x, y in (points[0], points[-1]):
        circle(draw, x, y, 58, colours.words)
    circle(draw, X + 60 * math.sin(time * 0.9), Y - 10 - 210 * max(0.0, wave) - 40 * wave, 92, colours.first)


MOTIFS: dict[str, Callable] = {
    "bols": bowls,
    "relais": baton,
    "escalier": stairs,
    "porte": door,
    "nuit": night,
    "blocs": blocks,
    "roue": wheel,
    "ecoute": listening,
    "pouls": heartbeat,
    "chemin": path,
    "pont": bridge,
    "aube": sunrise,
    "plante": plant,
    "lettres": letters,
    "equipe": team,
    "toile": parachute,
}
