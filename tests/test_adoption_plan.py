"""What the old site's rows become: notes, numbers, days, codes."""

from datetime import date
from decimal import Decimal
from urllib.parse import quote

import pytest

from stocks.adoption.plan import decode_note, make_plan

pytestmark = pytest.mark.sqlite


def info_row(pk=1, **values):
    usual = {"code": "000007", "short": "全新好", "chg": "10.01%", "turnover": "4.40%"}
    rest = {"price": "16.05", "highs": "14.60", "time": "2017-07-18"}
    return {"id": pk, **usual, **rest, **values}


def focus_row(pk=1, note="", info=1):
    return {"id": pk, "note_info": note, "info_id": info}


@pytest.mark.parametrize(
    ("note", "plain"),
    [
        ("%E5%88%A9%E5%A5%BD", "利好"),
        ("%e5%88%a9", "利"),
        ("a%20b", "a b"),
        ("one%0Atwo%0D%0Athree", "one\ntwo\r\nthree"),
        (quote("🚀 / ? # % \\ < > &", safe=""), "🚀 / ? # % \\ < > &"),
        ("100%25", "100%"),
        ("100%", "100%"),
        ("100% sure", "100% sure"),
        ("up 50%2C", "up 50%2C"),
        ("涨了50%", "涨了50%"),
        ("涨%E5%88%A9", "涨%E5%88%A9"),
        ("%E5%88%A9%E5%A5", "%E5%88%A9%E5%A5"),
        ("%E5%88%A9%E", "%E5%88%A9%E"),
        ("%FF", "%FF"),
        ("a%00b", "a%00b"),
        ("利好", "利好"),
        ("plain", "plain"),
        ("", ""),
    ],
)
def test_only_a_note_that_is_encoded_throughout_is_decoded(note, plain):
    assert decode_note(note) == plain


@pytest.mark.parametrize(
    ("text", "number", "said"),
    [
        ("10.01%", "10.01", ""),
        ("-10.00%", "-10", ""),
        ("10.01", "10.01", ""),
        ("１０.０１％", "10.01", ""),
        (" 3.5 % ", "3.5", ""),
        ("12345678.1234%", "12345678.1234", ""),
        (None, None, ""),
        ("--", None, "no number"),
        ("", None, "no number"),
        ("停牌", None, "no number"),
        ("1e5", None, "no number"),
        ("NaN", None, "no number"),
        ("123456789%", None, "too large"),
        ("-123456789%", None, "too large"),
        ("1.00005%", "1", "rounded to 1.0000"),
    ],
)
def test_a_text_becomes_a_number_or_is_listed(text, number, said):
    plan = make_plan([info_row(7, chg=text)], [])
    assert plan.stocks[0].chg == (None if number is None else Decimal(number))
    if said:
        [line] = plan.changed
        assert line.startswith(f"info, id 7, code '000007', chg {text!r}: ")
        assert said in line
    else:
        assert plan.changed == []


@pytest.mark.parametrize(
    ("name", "text", "number", "least"),
    [
        ("price", "0.00", None, "0.0001"),
        ("price", "-3.00", None, "0.0001"),
        ("price", "0.00004", None, "0.0001"),
        ("price", "0.0001", "0.0001", ""),
        ("highs", "0.00", None, "0.0001"),
        ("chg", "-120%", None, "-100"),
        ("chg", "-100%", "-100", ""),
        ("turnover", "-5%", None, "0"),
        ("turnover", "0%", "0", ""),
    ],
)
def test_a_number_that_the_site_refuses_becomes_empty_and_is_listed(name, text, number, least):
    plan = make_plan([info_row(7, **{name: text})], [])
    assert getattr(plan.stocks[0], name) == (None if number is None else Decimal(number))
    line = f"info, id 7, code '000007', {name} {text!r}: below {least}, becomes empty"
    assert plan.changed == ([line] if least else [])


def test_a_day_that_is_none_becomes_empty_and_is_listed():
    days = ["2017-07-18", None, "0000-00-00", "2017-02-00"]
    rows = [info_row(pk, code=f"00000{pk}", time=day) for pk, day in enumerate(days, 1)]
    plan = make_plan(rows, [])
    assert [stock.time for stock in plan.stocks] == [date(2017, 7, 18), None, None, None]
    assert plan.changed == [
        "info, id 3, code '000003', time '0000-00-00': no date, becomes empty",
        "info, id 4, code '000004', time '2017-02-00': no date, becomes empty",
    ]


def test_a_row_without_a_usable_code_is_listed_and_its_entry_kept():
    codes = ["", None, "  ", "股票", "1234567890123", "000 007"]
    rows = [info_row(pk, code=code) for pk, code in enumerate(codes, 1)]
    plan = make_plan([*rows, info_row(0, code="000008")], [focus_row(5, "why", info=4)])
    assert [(stock.pk, stock.code) for stock in plan.stocks] == [(6, "000007")]
    assert [line.partition(":")[0] for line in plan.not_taken] == [
        "info, id 1, code ''",
        "info, id 2, code ''",
        "info, id 3, code '  '",
        "info, id 4, code '股票'",
        "info, id 5, code '1234567890123'",
        "info, id 0, code '000008'",
    ]
    assert [(entry.info_id, entry.note_info) for entry in plan.entries] == [(None, "why")]
    assert "focus, id 5, note 'why': its stock, info_id 4," in plan.unnamed[0]


def test_the_newest_of_a_repeated_code_is_taken_and_entries_follow_it():
    rows = [info_row(3, short="new"), info_row(1), info_row(2, code=" 000007")]
    plan = make_plan(rows, [focus_row(1, info=1), focus_row(2, info=3), focus_row(3, info=9)])
    assert [(stock.pk, stock.short) for stock in plan.stocks] == [(3, "new")]
    assert [entry.info_id for entry in plan.entries] == [3, 3, None]
    assert list(plan.repeated_lines()) == ["code 000007: id 1 (全新好), id 2 (全新好), id 3 (new)"]
    assert plan.merged == 2


def test_what_is_too_long_is_cut_and_listed():
    plan = make_plan([info_row(short="长" * 65)], [focus_row(1, "x" * 2001)])
    assert plan.stocks[0].short == "长" * 64
    assert plan.entries[0].note_info == "x" * 2000
    assert [line.partition(": ")[2] for line in plan.changed] == [
        "short is cut to 64 characters",
        "note_info is cut to 2000 characters",
    ]


def test_a_note_that_lost_its_end_is_kept_and_listed():
    plan = make_plan([info_row()], [focus_row(4, "%E5%88%A9%E5%A5")])
    assert plan.entries[0].note_info == "%E5%88%A9%E5%A5"
    assert "focus, id 4, " in plan.changed[0]
    assert "cannot be decoded" in plan.changed[0]


def test_a_report_shows_any_text_on_one_line():
    plan = make_plan([info_row(chg="a\nb\x1b[2J" + "c" * 300)], [])
    assert plan.changed[0].isprintable()
    assert len(plan.changed[0]) < 150
