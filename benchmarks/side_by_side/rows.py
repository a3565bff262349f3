"""The stocks that every contender shows: made up here, and read back from the pages."""

import csv
import random
from datetime import date, timedelta
from html.parser import HTMLParser

STOCKS, SHOWN = 5_400, 100
FIRST_CODES = (1, 300_001, 600_001)
HEADINGS = ("code", "short", "chg", "turnover", "price", "highs", "time")
CHARACTERS = "东方华新国泰中信海天科技金龙山水安康明远大通"
# How a page may write a number that has no such signs in the file.
SIGNS = str.maketrans("−", "-", "▲▼+%,")


def made_up():
    """Return the stocks by code, the same ones each time: texts in the order of HEADINGS."""
    chance = random.Random(1)
    each = STOCKS // len(FIRST_CODES)
    return [
        (
            f"{first + number:06}",
            "".join(chance.choices(CHARACTERS, k=4)),
            f"{chance.uniform(-10, 10):.2f}",
            f"{chance.uniform(0, 20):.2f}",
            f"{chance.uniform(2, 2000):.2f}",
            f"{chance.uniform(2, 2000):.2f}",
            (date(2025, 1, 2) + timedelta(chance.randrange(365))).isoformat(),
        )
        for first in FIRST_CODES
        for number in range(each)
    ]


def write(path, stocks, quote_time):
    """Write stocks as a file that the site imports."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow((*HEADINGS, "quote_time"))
        writer.writerows((*stock, quote_time) for stock in stocks)


def shown(page):
    """Return the stocks in the table of a page, as `made_up` has them."""
    reader = TableReader()
    reader.feed(page)
    width = len(HEADINGS) + 1
    return [tuple(map(plain, row[1:width])) for row in reader.rows if row and is_place(row[0])]


def is_place(text):
    """Tell a stock's row, which starts with its place, from the headings."""
    return text.strip().isdigit()


def plain(text):
    """Return the value at the start of a cell's text, without how it is dressed."""
    return text.translate(SIGNS).split()[0]


class TableReader(HTMLParser):
    """Collects the texts of table cells, row by row; a <time> counts by its attribute."""

    def __init__(self):
        super().__init__()
        self.rows, self.in_cell = [], False

    def handle_starttag(self, tag, attributes):
        """Begin a row or a cell, or take a day."""
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
            self.in_cell = True
        elif self.in_cell:
            day = dict(attributes).get("datetime", "") if tag == "time" else ""
            self.rows[-1][-1] += f" {day} "

    def handle_endtag(self, tag):
        """End a cell."""
        if tag in ("td", "th"):
            self.in_cell = False

    def handle_data(self, data):
        """Add to the text of the cell."""
        if self.in_cell:
            self.rows[-1][-1] += data
