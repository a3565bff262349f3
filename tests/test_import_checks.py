"""The checks of whole columns take and refuse what the fields themselves do."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from stocks.imports.bars import BarWriter
from stocks.imports.checks import make_check
from stocks.imports.quotes import QuoteWriter
from stocks.imports.values import is_none, read_day, read_moment, read_number
from stocks.models import Bar, Stock

pytestmark = pytest.mark.sqlite

AFTERNOON = datetime(2017, 7, 20, 15)  # noqa: DTZ001
NUMBERS = [
    *(Stock._meta.get_field(name) for name in QuoteWriter.fields),
    *(Bar._meta.get_field(name) for name in BarWriter.fields),
]
NUMBERS = [f for f in NUMBERS if hasattr(f, "max_digits") or f.name == "volume"]


def kind(field):
    """Return what a field's check depends on."""
    limits = [v.limit_value for v in field.validators if hasattr(v, "limit_value")]
    digits = getattr(field, "max_digits", None), getattr(field, "decimal_places", None)
    return type(field), *digits, field.null, *limits


def outcome(check):
    """Return what a check gives, or that it refuses."""
    try:
        return check()
    except ValidationError:
        return "refused"


@pytest.mark.parametrize("field", {kind(field): field for field in NUMBERS}.values(), ids=str)
def test_numbers_are_taken_as_the_field_takes_them(db, field):
    check = make_check(field)
    plain = st.from_regex(r"-?[0-9]{1,20}(\.[0-9]{1,7})?", fullmatch=True)
    near = st.sampled_from(["0", "0.0", "-0", "0.0001", "0.0000", "-100", "-100.01", "-", "9" * 18])

    @settings(max_examples=150, deadline=None, database=None)
    @given(st.lists(plain | near | st.just(""), min_size=1, max_size=4))
    def compare(texts):
        wrong = {}
        column = check.column(list(texts), wrong)
        for place, text in enumerate(texts):
            expected = None if is_none(text) else outcome(lambda text=text: field.clean(text, None))
            got = "refused" if place in wrong else check.python(column[place])
            # Whole numbers may be written 1.0, and what a program printed of a float is rounded.
            if "." in text and (field.name == "volume" or len(text.strip("-0").lstrip(".0")) > 16):
                continue
            assert got == expected, text

    compare()


@pytest.mark.parametrize("raw", ["1\n2", "", "1"])
def test_line_break_in_a_value_does_not_shift_the_others(db, raw):
    check = make_check(Stock._meta.get_field("price"))
    wrong = {}
    column = check.column(["5", raw, "6"], wrong)
    assert (column[0], column[2], len(column)) == (column[0], column[2], 3)
    assert [check.python(column[place]) for place in (0, 2)] == [Decimal(5), Decimal(6)]
    assert list(wrong) == ([1] if "\n" in raw else [])


@settings(max_examples=300, deadline=None, database=None)
@given(st.lists(st.text(max_size=70) | st.none(), min_size=1, max_size=5))
def test_texts_are_taken_as_the_form_takes_them(texts):
    field = Stock._meta.get_field("industry")
    check, wrong = make_check(field), {}
    column = check.column(texts, wrong)
    form = field.formfield()
    for place, text in enumerate(texts):
        got = "refused" if place in wrong else column[place]
        expected = None if is_none(text) else outcome(lambda text=text: form.clean(text))
        assert got == expected


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        ("16.05", "16.05"), (" +16.05 ", "16.05"), ("-3.5", "-3.5"), ("−3.5", "-3.5"),
        ("１６．０５", "16.05"), ("1,234,567.8", "1234567.8"), ("１，２３４", "1234"),
        ("1.2亿", "120000000"), ("3.5 万", "35000"), ("1.5万亿", "1500000000000"), ("-2万", "-2e4"),
        ("1,234万", "12340000"), (5, "5"), (5.25, "5.25"), (1e16, "10000000000000000"),
        (27.149999618530273, "27.1500"), ("27.149999618530273", "27.1500"), ("1.5e3", "1500"),
        (Decimal("1.50"), "1.50"), ("0.30000000000000004", "0.3000"),
    ],
)  # fmt: skip
def test_numbers_as_people_and_programs_write_them(raw, number):
    assert read_number(raw, places=4) == Decimal(number)


@pytest.mark.parametrize(
    "raw", ["", "x", "1,23", "12,34,567", "1.2.3", "1 2", "亿", "10%", "0x10", "1e9999", "inf",
            "1_000", True, "１/２", "1e", "9" * 40 + ".123456"],
)  # fmt: skip
def test_what_is_no_number(raw):
    with pytest.raises(ValueError, match="no number|many digits"):
        read_number(raw, places=4)


def test_percent_sign_is_for_percentages():
    assert read_number("10.01 %", percent=True) == Decimal("10.01")
    assert read_number("％".join(["5", ""]), percent=True) == 5


@pytest.mark.parametrize(
    "raw", ["", " ", "-", "--", "–", "—", "N/A", "nan", "None", None, float("nan")]
)
def test_what_stands_for_none(raw):
    assert is_none(raw)


@pytest.mark.parametrize("raw", ["0", "---", "x", 0, False])
def test_what_stands_for_itself(raw):
    assert not is_none(raw)


@pytest.mark.parametrize(
    "raw", ["2017-07-20", "2017/7/20", "2017.7.20", "20170720", "2017年7月20日", " 2017-7-20 ",
            "２０１７-07-20", "2017-07-20 00:00:00", "2017-07-20T00:00", date(2017, 7, 20),
            AFTERNOON, 20170720, 20170720.0],
)  # fmt: skip
def test_days_as_people_and_programs_write_them(raw):
    assert read_day(raw) == date(2017, 7, 20)


@pytest.mark.parametrize(
    "raw", ["2017-02-30", "17-07-20", "20/07/2017", "2017-07", "x", "2017-0720"]
)
def test_what_is_no_day(raw):
    with pytest.raises(ValueError, match="day|month|year"):
        read_day(raw)


@pytest.mark.parametrize(
    "raw", ["2017-07-20 15:00", "2017-07-20 15:00:00", "2017-07-20T15:00:00+08:00",
            "2017-07-20 07:00Z", "20170720150000", "2017/07/20 15:00", AFTERNOON],
)  # fmt: skip
def test_moments_are_in_the_site_s_time_zone(raw):
    assert timezone.localtime(read_moment(raw)).isoformat() == "2017-07-20T15:00:00+08:00"
    assert read_moment("2017-07-20").isoformat() == "2017-07-20T00:00:00+08:00"
