"""What the rows of the old site become, and what of them cannot be taken."""

import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from urllib.parse import unquote

from django.core.exceptions import ValidationError

from ..models import Stock, WatchlistEntry
from ..models.fields import PercentField
from ..numbers import parse_decimal

# A note as an address carries it: plain characters without spaces, every % before two digits.
ENCODED = re.compile(r"(?=.*%)([!-$&-~]|%[0-9A-Fa-f]{2})+")
# What stands in no text: all control characters but tab and line breaks.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
NUMBERS = [Stock._meta.get_field(name) for name in ("chg", "turnover", "price", "highs")]
CODE, SHORT = (Stock._meta.get_field(name) for name in ("code", "short"))
NOTE = WatchlistEntry._meta.get_field("note_info")
LONGEST_SHOWN = 60


def shown(text):
    """Return a text of the old site as a report shows it: in quotes, on one line."""
    return repr(text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…")


def decode_note(note):
    """Return a note that was stored percent-encoded as it was typed, any other as it is."""
    if not ENCODED.fullmatch(note):
        return note
    try:
        plain = unquote(note, errors="strict")
    except UnicodeDecodeError:
        return note
    return note if CONTROL.search(plain) else plain


@dataclass
class Plan:
    """The stocks and watchlist entries to store.

    `info_read` and `focus_read` count the rows they come from. `changed` says which values
    cannot be stored as they are, `not_taken` which rows of `info` stay behind, `unnamed` which
    rows of `focus` name no stock, a line each. `repeated` has the stocks of each code that
    occurs more than once, the newest last: only that one is taken.
    """

    info_read: int
    focus_read: int
    stocks: list = field(default_factory=list)
    entries: list = field(default_factory=list)
    changed: list = field(default_factory=list)
    not_taken: list = field(default_factory=list)
    unnamed: list = field(default_factory=list)
    repeated: list = field(default_factory=list)

    @property
    def merged(self):
        """How many rows give way to a newer one of the same code."""
        return sum(len(stocks) - 1 for stocks in self.repeated)

    def repeated_lines(self):
        """Say which rows have the same code, a line each code."""
        for stocks in self.repeated:
            rows = ", ".join(f"id {stock.pk} ({stock.short})" for stock in stocks)
            yield f"code {stocks[0].code}: {rows}"


def make_plan(info_rows, focus_rows):
    """Return the Plan for the rows of the old `info` and `focus`."""
    plan = Plan(len(info_rows), len(focus_rows))
    by_code = {}
    for row in info_rows:
        stock = make_stock(row, plan)
        if stock is not None:
            by_code.setdefault(stock.code, []).append(stock)
    newest = {}
    for stocks in by_code.values():
        stocks.sort(key=lambda stock: stock.pk)
        plan.stocks.append(stocks[-1])
        newest.update({stock.pk: stocks[-1].pk for stock in stocks})
        if len(stocks) > 1:
            plan.repeated.append(stocks)
    plan.stocks.sort(key=lambda stock: stock.pk)
    for row in focus_rows:
        plan.entries.append(make_entry(row, newest, plan))
    return plan


def make_stock(row, plan):
    """Return the Stock of a row of `info`, None for a row whose code or id cannot be used."""
    code = row["code"] or ""
    where = f"info, id {row['id']}, code {shown(code)}"
    stock = Stock(pk=row["id"], code=code, short=cut(row["short"] or "", SHORT, where, plan))
    stock.derive()
    reason = refusal(stock)
    if reason:
        plan.not_taken.append(f"{where}: {reason}")
        return None
    for number in NUMBERS:
        setattr(stock, number.name, make_number(row[number.name], number, where, plan))
    stock.time = make_day(row["time"], where, plan)
    return stock


def refusal(stock):
    """Return why a stock cannot be stored, "" when it can."""
    if not stock.code:
        return "there is no code"
    if stock.pk == 0:
        return "the id 0 stands for no row"
    try:
        CODE.run_validators(stock.code)
    except ValidationError as error:
        return " ".join(error.messages)
    return ""


def make_number(text, number, where, plan):
    """Return the Decimal of a text, None when it is no number that the field takes."""
    if text is None:
        return None
    where = f"{where}, {number.name} {shown(text)}"
    try:
        value = parse_decimal(text, percent=isinstance(number, PercentField))
    except ValueError:
        plan.changed.append(f"{where}: no number, becomes empty")
        return None
    stored = value.quantize(Decimal(1).scaleb(-number.decimal_places))
    if abs(stored) >= 10 ** (number.max_digits - number.decimal_places):
        plan.changed.append(f"{where}: too large, becomes empty")
        return None
    try:
        number.run_validators(stored)
    except ValidationError as refused:
        least = ", ".join(str(error.params["limit_value"]) for error in refused.error_list)
        plan.changed.append(f"{where}: below {least}, becomes empty")
        return None
    if stored != value:
        plan.changed.append(f"{where}: rounded to {stored}")
    return stored


def make_day(text, where, plan):
    """Return the date of a text, None when it is none, such as 0000-00-00."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        plan.changed.append(f"{where}, time {shown(text)}: no date, becomes empty")
        return None


def make_entry(row, newest, plan):
    """Return the unowned WatchlistEntry of a row of `focus`.

    `newest` gives the stock to store for the id of each row of `info` that is taken.
    """
    note = row["note_info"] or ""
    where = f"focus, id {row['id']}, note {shown(note)}"
    plain = decode_note(note)
    if plain == note and ENCODED.fullmatch(note):
        plan.changed.append(f"{where}: looks encoded but cannot be decoded, stays as it is")
    named = None if row["info_id"] is None else int(row["info_id"])
    if named is None:
        plan.unnamed.append(f"{where}: names no stock")
    elif named not in newest:
        plan.unnamed.append(f"{where}: its stock, info_id {named}, is not there or not taken")
    return WatchlistEntry(
        pk=row["id"] or None,
        owner=None,
        info_id=newest.get(named),
        note_info=cut(plain, NOTE, where, plan),
        added_at=None,
        added_price=None,
    )


def cut(text, target, where, plan):
    """Return as much of a text as the field `target` holds."""
    if len(text) > target.max_length:
        plan.changed.append(f"{where}: {target.name} is cut to {target.max_length} characters")
    return text[: target.max_length]
