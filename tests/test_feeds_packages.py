"""The feeds of akshare and yfinance, against small packages with the shape that theirs document."""

import sys
import textwrap
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.utils import timezone

from stocks.imports import Refused
from stocks.imports.feeds import akshare, yfinance
from stocks.models import Bar, Stock

pytestmark = pytest.mark.sqlite

# What both packages return: a table that gives its rows as dictionaries.
FRAME = """
import datetime

NAN = float("nan")
CALLS = []
FAILURE = None

class Moment(datetime.datetime):
    pass

class Frame:
    def __init__(self, rows, index=None):
        self.rows, self.index = rows, index

    def reset_index(self):
        return Frame([{self.index[0]: key, **row} for key, row in zip(self.index[1], self.rows)])

    def to_dict(self, orient):
        assert orient == "records"
        return [dict(row) for row in self.rows]

def ask(*call):
    CALLS.append(call)
    if FAILURE:
        raise FAILURE
"""
AKSHARE = """
SPOT = (
    "序号 代码 名称 最新价 涨跌幅 涨跌额 成交量 成交额 振幅 最高 最低 今开 昨收 量比 换手率 "
    "市盈率-动态 市净率 总市值 流通市值 涨速 5分钟涨跌 60日涨跌幅 年初至今涨跌幅"
).split()
ROWS = [
    [1, "600519", "贵州茅台", 1350.6, -0.82, -11.16, 737346.0, 5512800000.0, 2.06, 1368.0, 1340.0,
     1362.0, 1361.76, 1.08, 0.44, 20.3, 8.1, 1688360000000.0, 1688360000000.0, 0, 0, 1, 2],
    [2, "000001", "平安银行", *[NAN] * 4, *[NAN] * 5, 10.0, *[NAN] * 10],
]
DAYS = [(datetime.date(2026, 11, 19), 20.0), (datetime.date(2026, 11, 20), 10.0)]

def stock_zh_a_spot_em():
    ask("spot")
    return Frame([dict(zip(SPOT, row)) for row in ROWS])

def stock_zh_a_hist(symbol="000001", period="daily", start_date="19700101",
                    end_date="20500101", adjust="", timeout=None):
    ask("hist", symbol, period, start_date, adjust)
    return Frame([
        {"日期": day, "股票代码": symbol, "开盘": close, "收盘": 10.0 if adjust else close,
         "最高": close, "最低": close, "成交量": 1000, "成交额": 2e6, "振幅": 1.0, "涨跌幅": 0.5,
         "涨跌额": 0.1, "换手率": 1.25}
        for day, close in DAYS if f"{day:%Y%m%d}" >= start_date
    ])
"""
YFINANCE = """
DAYS = [(19, 268.5), (20, 271.25), (21, NAN)]

class exceptions:
    class YFTickerMissingError(Exception):
        pass

class config:
    class debug:
        hide_exceptions = True

class Ticker:
    def __init__(self, symbol):
        self.symbol = symbol

    def history(self, period=None, interval="1d", start=None, auto_adjust=True):
        ask(self.symbol, period, interval, start, auto_adjust)
        if self.symbol == "GONE" and not config.debug.hide_exceptions:
            raise exceptions.YFTickerMissingError("possibly delisted")
        index = [Moment(2026, 11, day, tzinfo=datetime.timezone.utc) for day, _close in DAYS]
        return Frame([
            {"Open": close, "High": close, "Low": close, "Close": close, "Adj Close": close / 2,
             "Volume": 0 if close != close else 48_000_000, "Dividends": 0.0, "Stock Splits": 0.0}
            for _day, close in DAYS
        ], ("Date", index))
"""


@pytest.fixture
def packages(tmp_path, monkeypatch, settings):
    """Put the packages where Python finds them and return a function that gives one."""
    for name, source in (("akshare", AKSHARE), ("yfinance", YFINANCE)):
        (tmp_path / f"{name}.py").write_text(FRAME + textwrap.dedent(source), encoding="utf-8")
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    yield __import__
    for name in ("akshare", "yfinance"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize(("feed", "name"), [(akshare, "akshare"), (yfinance, "yfinance")])
def test_package_that_is_missing_is_named(monkeypatch, feed, name):
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(Refused, match=f"^{name} is not installed: pip install -r requirements-"):
        feed.quotes(None, [("600519", "SH")])


@pytest.mark.parametrize(("feed", "name"), [(akshare, "akshare"), (yfinance, "yfinance")])
def test_whatever_a_package_raises_is_one_failure(packages, feed, name):
    packages(name).FAILURE = KeyError("data")
    with pytest.raises(Refused, match=f"^{name} failed: KeyError: 'data'"):
        feed.quotes(None, [("600519", "SH")])


def test_akshare_quotes(packages, db):
    Stock.objects.create(code="600001", market="SH", short="邯郸钢铁")
    call_command("fetchquotes", "--feed", "akshare", verbosity=0)
    moutai, bank = Stock.objects.exclude(code="600001").order_by("-code")
    assert (moutai.market, moutai.price, moutai.chg) == ("SH", Decimal("1350.6"), Decimal("-0.82"))
    assert (moutai.volume, moutai.amount) == (73_734_600, 5_512_800_000)
    assert (moutai.turnover, moutai.market_value) == (Decimal("0.44"), 1_688_360_000_000)
    assert (moutai.source, moutai.status) == ("akshare", "")
    assert (bank.market, bank.price, bank.status) == ("SZ", None, "suspended")
    # Its list does not tell how many there should be.
    assert Stock.objects.get(code="600001").status == ""


def test_akshare_table_without_a_column_is_refused(packages):
    module = packages("akshare")
    module.SPOT[3] = "现价"
    with pytest.raises(Refused, match="has no 最新价"):
        akshare.quotes(None, [])
    module.ROWS[0][1] = "000300X"
    module.SPOT[3] = "最新价"
    with pytest.raises(Refused, match="000300X, which is no A-share"):
        akshare.quotes(None, [])


def test_akshare_history(packages, db):
    Stock.objects.create(code="600519", market="SH", short="贵州茅台")
    call_command("fetchbars", "600519", "--feed", "akshare", "--since", "2026-11-19")
    bars = Bar.objects.order_by("date")
    assert [(bar.date, bar.close, bar.adjusted_close) for bar in bars] == [
        (date(2026, 11, 19), 20, 10),
        (date(2026, 11, 20), 10, 10),
    ]
    assert (bars[0].volume, bars[0].turnover) == (100_000, Decimal("1.25"))
    calls = packages("akshare").CALLS
    assert calls == [("hist", "600519", "daily", "20261119", way) for way in ("", "qfq")]


def test_yfinance_quotes_are_the_last_day_of_the_history(packages, monkeypatch):
    now = datetime(2026, 11, 20, 16, tzinfo=UTC)
    monkeypatch.setattr(timezone, "now", lambda: now)
    found = yfinance.quotes(None, [("BRK.B", "US"), ("00700", "HK"), ("GONE", "US")])
    assert [call[0] for call in packages("yfinance").CALLS] == ["BRK-B", "0700.HK", "GONE"]
    assert found.unknown == [("GONE", "US")]
    berkshire, tencent = (row.values for row in found.rows)
    assert (berkshire["price"], berkshire["chg"]) == (Decimal("271.25"), Decimal("1.02"))
    # New York has not closed yet, Hong Kong has.
    assert berkshire["quote_time"] == now
    assert tencent["quote_time"] == datetime(2026, 11, 20, 8, tzinfo=UTC)


def test_yfinance_history(packages, db):
    Stock.objects.create(code="600519", market="SH", short="贵州茅台")
    call_command("fetchbars", "600519", "--feed", "yfinance")
    assert packages("yfinance").CALLS == [("600519.SS", "max", "1d", None, False)]
    bars = Bar.objects.order_by("date")
    assert [(bar.date.day, bar.close, bar.adjusted_close) for bar in bars] == [
        (19, Decimal("268.5"), Decimal("134.25")),
        (20, Decimal("271.25"), Decimal("135.625")),
    ]


def test_package_that_fails_lets_the_next_feed_try(packages, db):
    Stock.objects.create(code="600519", market="SH", short="贵州茅台")
    packages("akshare").FAILURE = ConnectionError("banned")
    call_command("fetchquotes", "--feed", "akshare,yfinance", "--market", "SH")
    assert Stock.objects.get().source == "yfinance"
