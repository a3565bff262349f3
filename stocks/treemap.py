"""The heat map: how boxes are cut so that areas tell sizes, and what is written on each.

The boxes are those of M. Bruls, K. Huizing and J. J. van Wijk, "Squarified Treemaps", in:
Data Visualization 2000, pages 33 to 42. Nothing here knows of requests or the database.
"""

import unicodedata
from dataclasses import dataclass
from typing import NamedTuple

# In units of the drawing, one being at least 0.89 px: less the gap that is 24 px, enough to tap.
SMALLEST_LINK = 28
HEADER = 28
NARROWEST_HEADER = 64
SMALLEST_TILE = 32 * 32
# What is left of a box by rounding when all of it is given away.
NOTHING = 1e-6
GAP = 2
FONTS = {"f4": 26, "f3": 19, "f2": 14, "f1": 11}
QUIET_FONTS = {name: FONTS[name] for name in ("f2", "f1")}
HEADER_FONT = 13
# A character's width in terms of the font's size: Chinese ones are square.
SQUARE, LETTER, OTHER = 1.0, 0.58, 0.66
# A name that is cut off says nothing with less room than that.
LEAST_ROOM = 3
MARGIN = 3
LINE = 1.2
# From how many percent on a change has the next stronger colour.
STEPS = (0, 1, 3, 5)


class Box(NamedTuple):
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float

    @property
    def path(self):
        """The rectangle as an SVG path, a unit short of its neighbours to the right and below."""
        width, height = self.width - 1, self.height - 1
        return f"M{self.x} {self.y}h{width}v{height}h-{width}z"

    @property
    def tappable(self):
        """Whether it is large enough to be a link."""
        return min(self.width, self.height) >= SMALLEST_LINK

    def whole(self):
        """Return the box with its edges on whole units; what touched still touches."""
        left, top = round(self.x), round(self.y)
        right, bottom = round(self.x + self.width), round(self.y + self.height)
        return Box(left, top, right - left, bottom - top)


def worst_ratio(total, smallest, largest, side):
    """Return how far from a square the worst box of a row along `side` is; 1 is a square."""
    return max(side**2 * largest / total**2, total**2 / (side**2 * smallest))


def squarified(sizes, box):
    """Return boxes that fill `box` with areas as the positive `sizes`, in their order.

    They come out nearest to squares when the largest size is the first.
    """
    boxes, start = [], 0
    scale = box.width * box.height / sum(sizes) if sizes else 0
    areas = [size * scale for size in sizes]
    while start < len(areas):
        side = min(box.width, box.height)
        if side < NOTHING:
            return [*boxes, *(Box(box.x, box.y, 0, 0) for _area in areas[start:])]
        total = smallest = largest = areas[start]
        ratio, end = worst_ratio(total, smallest, largest, side), start + 1
        for area in areas[end:]:
            smallest, largest = min(smallest, area), max(largest, area)
            next_ratio = worst_ratio(total + area, smallest, largest, side)
            if next_ratio > ratio:
                break
            total, ratio, end = total + area, next_ratio, end + 1
        row, box = cut_row(areas[start:end], box, last=end == len(areas))
        boxes += row
        start = end
    return boxes


def cut_row(areas, box, *, last):
    """Return the boxes of a row along the shorter side of a box, and what is left of the box."""
    x, y, width, height = box
    upright = width >= height
    side, depth = (height, width) if upright else (width, height)
    total = sum(areas)
    thick = depth if last else min(depth, total / side)
    edges, done = [0], 0
    for area in areas:
        done += area
        edges.append(side * done / total)
    spans = [(edge, edges[place + 1] - edge) for place, edge in enumerate(edges[:-1])]
    if upright:
        row = [Box(x, y + edge, thick, length) for edge, length in spans]
        return row, Box(x + thick, y, width - thick, height)
    row = [Box(x + edge, y, length, thick) for edge, length in spans]
    return row, Box(x, y + thick, width, height - thick)


# What is written on a box


def width_of(text):
    """Return about how wide a text is, in terms of the font's size."""
    return sum(
        SQUARE if unicodedata.east_asian_width(c) in "WF" else LETTER if c.isalpha() else OTHER
        for c in text
    )


def shortened(text, room):
    """Return a text, cut off with an ellipsis where it is wider than `room`."""
    if width_of(text) <= room:
        return text
    while text and width_of(text) + SQUARE > room:
        text = text[:-1]
    return f"{text.rstrip()}…"


class Label(NamedTuple):
    """Lines in the middle of a box: the font's class, where the first one stands, how far apart."""

    lines: tuple
    css: str
    x: int
    y: int
    dy: int

    @classmethod
    def of(cls, lines, box, fonts=FONTS):
        """Return the label with as many lines in as large a font as fits, None if none does."""
        room, height = box.width - 2 * MARGIN, box.height - 2 * MARGIN
        for shown in (lines, lines[:1]):
            width = max(map(width_of, shown))
            for css, size in fonts.items():
                if width * size <= room and len(shown) * LINE * size <= height:
                    return cls.placed(shown, box, css, size)
        return None

    @classmethod
    def cut_off(cls, name, box):
        """Return the label with the beginning of a name, None where that would say nothing."""
        css, size = list(FONTS.items())[-1]
        room, height = box.width - 2 * MARGIN, box.height - 2 * MARGIN
        if room < LEAST_ROOM * size or height < LINE * size:
            return None
        return cls.placed((shortened(name, room / size),), box, css, size)

    @classmethod
    def placed(cls, lines, box, css, size):
        """Return the label in the middle of a box."""
        y = box.y + box.height / 2 + size * (0.35 - 0.5 * LINE * (len(lines) - 1))
        return cls(lines, css, box.x + box.width // 2, round(y), round(LINE * size))


def colour(change):
    """Return the class of a change's colour: u1 to u4 for rises, d1 to d4 for falls, level."""
    if change is None:
        return "none"
    strength = sum(abs(change) >= step for step in STEPS) if change else 0
    return f"{'u' if change > 0 else 'd'}{strength}" if strength else "level"


# The drawing


class Item(NamedTuple):
    """What a tile stands for: a stock, or several; `quiet` ones are not written large."""

    name: str
    weight: float
    change: float | None
    said: str
    href: str = ""
    title: str = ""
    quiet: bool = False


@dataclass(frozen=True)
class Tile:
    """A box in the colour of its item's change."""

    item: Item
    box: Box

    @property
    def css(self):
        """The class of its colour."""
        return colour(self.item.change)

    @property
    def link(self):
        """Where it leads, "" when it is too small to be a link."""
        return self.item.href if self.box.tappable else ""

    @property
    def label(self):
        """Where its name and change are written, None where they do not fit."""
        lines = tuple(filter(None, (self.item.name, self.item.said)))
        if self.item.quiet:
            return Label.of(lines, self.box, QUIET_FONTS)
        return Label.of(lines, self.box) or Label.cut_off(self.item.name, self.box)


@dataclass(frozen=True)
class Header(Tile):
    """What stands over the tiles of a group: its name, and the change where both fit."""

    @property
    def room(self):
        """How wide the text may be, in terms of the font's size."""
        return (self.box.width - 2 * MARGIN) / HEADER_FONT

    @property
    def said(self):
        """The change, "" where the name needs the room."""
        both = f"{self.item.name} {self.item.said}"
        return self.item.said if width_of(both) <= self.room else ""

    @property
    def name(self):
        """The name, as much of it as fits."""
        return shortened(self.item.name, self.room)

    @property
    def left(self):
        """Where the name begins."""
        return self.box.x + MARGIN

    @property
    def right(self):
        """Where the change ends."""
        return self.box.x + self.box.width - MARGIN

    @property
    def baseline(self):
        """How far down the text stands."""
        return self.box.y + HEADER - 10


@dataclass(frozen=True)
class Block:
    """A group: a header over the tiles of its stocks, or without room for them one tile."""

    tiles: list
    header: Header | None = None


@dataclass(frozen=True)
class Drawing:
    """A treemap of groups in a box of `width` by `height`."""

    width: int
    height: int
    blocks: list

    @classmethod
    def of(cls, groups, width, height):
        """Draw groups, the largest first.

        A group has an `item` that stands for it as a whole, the items of its `largest` stocks,
        and `rest(count)`, the item of all but that many of them, None when none is left.
        """
        boxes = squarified([group.item.weight for group in groups], Box(0, 0, width, height))
        blocks = [drawn(group, box.whole()) for group, box in zip(groups, boxes, strict=True)]
        return cls(width, height, [block for block in blocks if block.tiles])


def drawn(group, box):
    """Return the block of a group in a box with edges on whole units."""
    box = Box(box.x, box.y, box.width - GAP, box.height - GAP)
    if min(box.width, box.height) <= 1:
        return Block([])
    inner = Box(box.x, box.y + HEADER, box.width, box.height - HEADER)
    if box.width >= NARROWEST_HEADER and inner.height > 0:
        unit = inner.width * inner.height / group.item.weight
        shown = [item for item in group.largest if item.weight * unit >= SMALLEST_TILE]
        if shown:
            tiles = tiles_of(shown, group.rest(len(shown)), inner)
            return Block(tiles, Header(group.item, Box(box.x, box.y, box.width, HEADER)))
    return Block([Tile(group.item, box)])


def tiles_of(items, rest, box):
    """Return the tiles of a group's items, and at its end that of the rest, if there is any."""
    weights = [item.weight for item in items]
    boxes = []
    if rest:
        first, last = split(box, sum(weights), rest.weight)
        boxes, box = [last], first
        items = [*items, rest]
    boxes = [*squarified(weights, box), *boxes]
    tiles = [Tile(item, box.whole()) for item, box in zip(items, boxes, strict=True)]
    return [tile for tile in tiles if min(tile.box.width, tile.box.height) > 1]


def split(box, first, last):
    """Return the two parts of a box across its longer side, in proportion."""
    x, y, width, height = box
    share = first / (first + last)
    if width >= height:
        cut = width * share
        return Box(x, y, cut, height), Box(x + cut, y, width - cut, height)
    cut = height * share
    return Box(x, y, width, cut), Box(x, y + cut, width, height - cut)
