"""Checks of whole columns by the rules of the models' fields, which the admin's forms use too.

A field's own `to_python`, validators and digits have the last word. Before them stands a pattern
for each kind of field that takes what is certainly good, a column at a time: a million rows
leave no time to ask each value.
"""

import re
from datetime import MINYEAR, timedelta
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _

from ..models.fields import PercentField
from . import values
from .values import is_none

LARGEST_WHOLE = 18
MOST_DAYS = 50_000
LONGEST_SHOWN = 40
# What is of the future by more than what clocks and time zones make is a mistake.
AHEAD = timedelta(days=1)


def lines_of(*patterns):
    """Return the pattern of lines that each fit one of `patterns`.

    Digits are matched possessively: to try nothing twice is faster. A group must not be, for
    Python before 3.11.5 then takes what fits only half.
    """
    lines = "|".join(rf"{pattern}\n" for pattern in patterns)
    return re.compile(rf"(?:{lines})*", re.ASCII)


def fitting(pattern, raws):
    """Return raw values as a text of lines if they are texts and fit a pattern, else None."""
    try:
        text = "\n".join(raws) + "\n"
    except TypeError:
        return None
    # A value with a line break in it would pass for two.
    good = text.count("\n") == len(raws) and pattern.fullmatch(text)
    return text if good else None


DAYS = lines_of(r"\d{4}-\d\d-\d\d")
ZERO = re.compile(r"^0[0.]*$", re.MULTILINE)


def shown(raw):
    """Return a raw value as a message shows it."""
    text = str(raw)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


class Check:
    """The check of one field; this one is for text."""

    def __init__(self, field):
        self.field = field

    def read(self, raw):
        """Return what a raw value that is there stands for; ValueError when for nothing."""
        text = (raw if isinstance(raw, str) else values.plain_text(raw)).strip()
        text.encode()  # half of a pair of surrogates is no text
        if "\0" in text:
            raise ValueError("a NUL is no text")
        return text

    def one(self, raw):
        """Return the value to store, None for none; ValidationError when the field refuses it."""
        if is_none(raw):
            return None
        try:
            value = self.read(raw)
        except ValueError as error:
            raise ValidationError(self.refusal(raw)) from error
        return self.field.clean(value, None)

    def refusal(self, raw):
        """Return what is said of a raw value that cannot be read."""
        if isinstance(raw, bool):
            return _("This is no text.")
        return _("“%(value)s” has characters that are no text.") % {"value": ascii(shown(raw))}

    def column(self, raws, wrong):
        """Return the values to store; what is wrong is put into `wrong`, a list by place.

        The result has text for numbers and days that are plainly written: `python` reads it.
        """
        good = self.plain(raws)
        return self.each(raws, wrong) if good is None else good

    def plain(self, raws):
        """Return the column as it is to be stored when all of it is plainly good, else None."""

    def each(self, raws, wrong):
        """Return the values to store, looked at one by one."""
        good, known = [], {}
        for place, raw in enumerate(raws):
            key = (type(raw), raw)
            if key not in known:
                known[key] = self.judge(raw)
            value, reason = known[key]
            good.append(value)
            if reason:
                wrong.setdefault(place, []).append(reason)
        return good

    def judge(self, raw):
        """Return (value, "") or (None, why it is refused)."""
        try:
            return self.one(raw), ""
        except ValidationError as error:
            said = " ".join(error.messages)
            return None, f"{self.field.verbose_name} {shown(raw)}: {said}"

    def python(self, value):
        """Return a value of `column` as Python has it."""
        return value


class NumberCheck(Check):
    """The check of a decimal field."""

    def __init__(self, field):
        super().__init__(field)
        limits = [v.limit_value for v in field.validators if isinstance(v, MinValueValidator)]
        self.smallest = Decimal(max(limits, default="-inf"))
        whole, places = field.max_digits - field.decimal_places, field.decimal_places
        sign = "" if self.smallest >= 0 else "-?"
        # One digit short of the room there is: such a number is not too large for certain.
        self.pattern = lines_of(rf"{sign}\d{{1,{whole - 1}}}+(?:\.\d{{1,{places}}}+)?", "")
        # Without a sign and with no more than these decimals only zero can be too small.
        self.simple = self.smallest in (0, Decimal(1).scaleb(-places))

    def read(self, raw):
        """Return the Decimal."""
        percent = isinstance(self.field, PercentField)
        return values.read_number(raw, percent=percent, places=self.field.decimal_places)

    def refusal(self, raw):
        """Return that it is no number."""
        return _("This is no number.")

    def plain(self, raws):
        """Return the texts of plain numbers, None for empty ones."""
        text = fitting(self.pattern, raws)
        if text is None or self.too_small(text):
            return None
        some_empty = text.startswith("\n") or "\n\n" in text
        return [raw or None for raw in raws] if some_empty else raws

    def too_small(self, text):
        """Return whether one of the numbers of a text of lines is less than the field takes."""
        if self.simple:
            begins_with_zero = text.startswith("0") or "\n0" in text
            return self.smallest > 0 and begins_with_zero and ZERO.search(text) is not None
        return min(map(Decimal, text.split()), default=self.smallest) < self.smallest

    def python(self, value):
        """Return a number's text as a Decimal."""
        return Decimal(value) if isinstance(value, str) else value


class WholeCheck(NumberCheck):
    """The check of a field of whole numbers."""

    def __init__(self, field):
        Check.__init__(self, field)
        self.pattern = lines_of(rf"\d{{0,{LARGEST_WHOLE}}}+")
        self.smallest, self.simple = 0, True

    def read(self, raw):
        """Return the number; ValueError when it is not a whole one."""
        value = values.read_number(raw, places=0)
        if value.adjusted() > LARGEST_WHOLE or value != int(value):
            raise ValueError(f"{raw!r} is not a whole number")
        return int(value)

    def refusal(self, raw):
        """Return that it is no whole number."""
        return _("This is no whole number.")

    def python(self, value):
        """Return a number's text as an int."""
        return int(value) if isinstance(value, str) else value


class DayCheck(Check):
    """The check of a field of days."""

    def __init__(self, field):
        super().__init__(field)
        self.days = {}

    def read(self, raw):
        """Return the date."""
        return values.read_day(raw)

    def refusal(self, raw):
        """Return that it is no day."""
        return _("This is no day; write one as 2017-07-20.")

    def plain(self, raws):
        """Return the texts of plain days; each is looked up in the calendar once."""
        if fitting(DAYS, raws) is None:
            return None
        if len(self.days) > MOST_DAYS:
            self.days.clear()
        try:
            self.days.update((text, self.one(text)) for text in set(raws).difference(self.days))
        except ValidationError:
            return None
        return raws

    def python(self, value):
        """Return a day's text as a date."""
        return self.days[value] if isinstance(value, str) else value


class MomentCheck(Check):
    """The check of a field of moments."""

    def read(self, raw):
        """Return the aware datetime."""
        return values.read_moment(raw)

    def refusal(self, raw):
        """Return that it is no moment."""
        return _("This is no time; write one as 2017-07-20 15:00.")


class TradingDayCheck(DayCheck):
    """The check of a day on which a stock was traded."""

    def __init__(self, field):
        super().__init__(field)
        self.latest = timezone.localdate() + AHEAD

    def one(self, raw):
        """Return the date; some time zones have no moment in all of the first year."""
        day = super().one(raw)
        if day and day.year == MINYEAR:
            raise ValidationError(self.refusal(raw))
        if day and day > self.latest:
            raise ValidationError(future())
        return day


class QuoteTimeCheck(MomentCheck):
    """The check of when a quote was."""

    def one(self, raw):
        """Return the aware datetime."""
        moment = super().one(raw)
        if moment and moment > timezone.now() + AHEAD:
            raise ValidationError(future())
        return moment


def future():
    """Return what is said of a time that is still to come."""
    return _("This is in the future.")


class ChoiceCheck(Check):
    """The check of a field with choices, which may be named as people see them too."""

    def __init__(self, field, words):
        super().__init__(field)
        self.words = {str(value).casefold(): value for value, _label in field.choices}
        self.words.update(words)

    def read(self, raw):
        """Return the choice's value."""
        text = super().read(raw)
        return self.words.get(text.casefold(), text)


KINDS = (
    (models.DecimalField, NumberCheck),
    (models.IntegerField, WholeCheck),
    (models.DateTimeField, MomentCheck),
    (models.DateField, DayCheck),
    (models.CharField, Check),
)


def make_check(field):
    """Return the check for a field of a model."""
    return next(check for kind, check in KINDS if isinstance(field, kind))(field)
