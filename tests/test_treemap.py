"""The boxes of the heat map, and what is written on them."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from stocks.treemap import (
    HEADER,
    SMALLEST_LINK,
    Box,
    Drawing,
    Header,
    Item,
    Tile,
    colour,
    shortened,
    squarified,
    width_of,
)

few = examples(max_examples=60, deadline=None, derandomize=True, database=None)
sides = st.integers(1, 2000)
positive = st.lists(st.floats(1e-3, 1e15), min_size=1, max_size=40)


class Stocks:
    """A group as a drawing wants it: its stocks by their weights, and one for what is left."""

    def __init__(self, *weights, rest=0.0, name="group"):
        self.largest = [Item(f"n{w}", w, 1.0, "+1%", f"/{w}") for w in weights]
        self.left = rest
        self.item = Item(name, sum(weights) + rest, 1.0, "+1%", "/group")

    def rest(self, count):
        """Return what is not among the first `count`."""
        weight = self.left + sum(item.weight for item in self.largest[count:])
        return Item("rest", weight, None, "") if weight else None


def overlap(one, other):
    """Return the area that two boxes share."""
    width = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    height = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    return max(0, width) * max(0, height)


@few
@given(positive, sides, sides)
def test_areas_are_as_the_sizes_and_fill_the_box_without_overlap(sizes, width, height):
    sizes.sort(reverse=True)
    boxes = squarified(sizes, Box(0, 0, width, height))
    area, total = width * height, sum(sizes)
    slack = area * 1e-6
    for size, box in zip(sizes, boxes, strict=True):
        assert box.width * box.height == pytest.approx(area * size / total, abs=slack)
        assert box.x >= 0
        assert box.y >= 0
        assert box.x + box.width <= width * (1 + 1e-9)
        assert box.y + box.height <= height * (1 + 1e-9)
    assert sum(box.width * box.height for box in boxes) == pytest.approx(area)
    assert all(overlap(*two) <= slack for two in combinations(boxes, 2))


@few
@given(positive, sides, sides)
def test_whole_units_leave_neither_gaps_nor_overlaps(sizes, width, height):
    boxes = [box.whole() for box in squarified(sizes, Box(0, 0, width, height))]
    assert sum(box.width * box.height for box in boxes) == width * height
    assert not any(overlap(*two) for two in combinations(boxes, 2))


def test_the_example_of_the_paper():
    boxes = squarified([6, 6, 4, 3, 2, 2, 1], Box(0, 0, 6, 4))
    assert [(round(b.width, 2), round(b.height, 2)) for b in boxes] == [
        (3, 2),
        (3, 2),
        (1.71, 2.33),
        (1.29, 2.33),
        (1.2, 1.67),
        (1.2, 1.67),
        (0.6, 1.67),
    ]


def test_nothing_to_draw():
    assert squarified([], Box(0, 0, 10, 10)) == []
    assert Drawing.of([], 10, 10).blocks == []


def test_a_group_with_room_has_a_header_and_its_stocks_and_the_rest():
    (block,) = Drawing.of([Stocks(60, 30, rest=10.0)], 400, 300).blocks
    assert [tile.item.name for tile in block.tiles] == ["n60", "n30", "rest"]
    assert block.header.box.height == HEADER
    assert all(tile.box.y >= HEADER for tile in block.tiles)
    areas = [tile.box.width * tile.box.height for tile in block.tiles]
    assert areas[0] == pytest.approx(6 * areas[2], rel=0.1)
    boxes = [tile.box for tile in block.tiles]
    assert not any(overlap(*two) for two in combinations(boxes, 2))


def test_stocks_too_small_to_see_are_in_the_rest():
    (block,) = Drawing.of([Stocks(1e6, 1.0, 1.0)], 400, 300).blocks
    assert [tile.item.name for tile in block.tiles] == ["n1000000.0"]
    (block,) = Drawing.of([Stocks(60, 1, 1)], 200, 200).blocks
    assert [tile.item.name for tile in block.tiles] == ["n60", "rest"]


def test_a_group_without_room_is_one_tile():
    drawing = Drawing.of([Stocks(20), Stocks(1), Stocks(1e-9)], 400, 300)
    assert [block.header is None for block in drawing.blocks] == [False, True]
    assert [tile.item.name for tile in drawing.blocks[1].tiles] == ["group"]


@pytest.mark.parametrize(("side", "link"), [(SMALLEST_LINK, "/a"), (SMALLEST_LINK - 1, "")])
def test_only_what_a_finger_hits_is_a_link(side, link):
    item = Item("a", 1, 1.0, "+1%", "/a")
    assert Tile(item, Box(0, 0, 100, side)).link == link
    assert Tile(item, Box(0, 0, side, 100)).link == link


def test_colours_grow_with_the_change():
    changes = [-20, -5, -4.99, -3, -1, -0.01, 0, 0.01, 0.99, 1, 2.99, 3, 4.99, 5, 1e9]
    assert [colour(change) for change in changes] == [
        "d4", "d4", "d3", "d3", "d2", "d1", "level",
        "u1", "u1", "u2", "u2", "u3", "u3", "u4", "u4",
    ]  # fmt: skip
    assert colour(None) == "none"


@pytest.mark.parametrize(
    ("width", "height", "lines", "css"),
    [
        (200, 100, ("平安银行", "+1.23%"), "f4"),
        (62, 60, ("平安银行", "+1.23%"), "f2"),
        (50, 20, ("平安银行",), "f1"),
        (45, 40, ("平安…",), "f1"),
        (44, 20, ("平安…",), "f1"),
    ],
)
def test_as_much_is_written_as_fits(width, height, lines, css):
    found = Tile(Item("平安银行", 1, 1.0, "+1.23%"), Box(10, 20, width, height)).label
    assert (found.lines, found.css) == (lines, css)
    assert found.x == 10 + width // 2
    assert 20 < found.y < 20 + height


@pytest.mark.parametrize("box", [Box(0, 0, 30, 100), Box(0, 0, 100, 15), Box(0, 0, 1, 1)])
def test_nothing_is_written_where_nothing_fits(box):
    assert Tile(Item("平安银行", 1, 1.0, "+1.23%"), box).label is None


@pytest.mark.parametrize(("width", "css"), [(300, "f2"), (80, "f1"), (60, None)])
def test_a_number_of_others_is_written_small_and_never_cut_off(width, css):
    item = Item("128 others", 1, 1.0, "+1.23%", quiet=True)
    label = Tile(item, Box(0, 0, width, 200)).label
    assert (label and label.css) == css


def test_a_header_says_the_change_only_beside_the_whole_name():
    item = Item("Semiconductors", 1, 1.0, "+1.00%")
    wide, narrow, narrower = (Header(item, Box(0, 0, w, HEADER)) for w in (200, 130, 70))
    assert (wide.name, wide.said) == ("Semiconductors", "+1.00%")
    assert (narrow.name, narrow.said) == ("Semiconductors", "")
    assert narrower.name.endswith("…")
    assert narrower.said == ""


@pytest.mark.parametrize("text", ["", "平安银行", "Berkshire Hathaway", "🚀🚀🚀", "<&>"])
def test_shortened_text_is_never_wider(text):
    for room in range(1, 20):
        assert width_of(shortened(text, room)) <= max(room, 1)
