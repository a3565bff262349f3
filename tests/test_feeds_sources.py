"""What each source sends, as rows: recorded answers through the real clients."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from stocks.imports import Refused
from stocks.imports.feeds import eastmoney, sina, stooq, tencent
from stocks.imports.feeds.http import Client

from .feed_samples import EASTMONEY, SINA, STOOQ, STOOQ_DAYS, TENCENT, Quote
from .feed_server import serving_feeds

pytestmark = pytest.mark.sqlite

MOUTAI, WULIANGYE, NOBODY = ("600519", "SH"), ("000858", "SZ"), ("000999", "SZ")
SPDB, FUND, NO_FUND = ("600000", "SH"), ("160922", "SZ"), ("160923", "SZ")
STOCKS = [
    Quote("600519", "SH", "贵州茅台", "1459.88"),
    Quote("000858", "SZ", "五 粮 液", "70.83"),
    Quote("000001", "SZ", "平安银行", "0"),
    Quote("920002", "BJ", "万达轴承", "90.50"),
]


@pytest.fixture
def server(settings):
    settings.FEED_PAUSE = 0
    with serving_feeds(STOCKS) as server:
        settings.FEED_ADDRESSES = server.addresses()
        yield server


def fetched(source, *wanted):
    return source.quotes(Client(), wanted)


def refusal(source, *wanted):
    with pytest.raises(Refused) as caught:
        fetched(source, *wanted)
    return str(caught.value)


def moment(text):
    return datetime.fromisoformat(text)


def test_tencent_as_recorded(server):
    server.texts["tencent"] = TENCENT
    found = fetched(tencent, MOUTAI, WULIANGYE, NOBODY)
    moutai, wuliangye = (row.values for row in found.rows)
    assert moutai == {
        "code": "600519",
        "market": "SH",
        "short": "贵州茅台",
        "price": Decimal("1459.88"),
        "previous_close": "1459.44",
        "open": "1459.44",
        "volume": 2_106_400,
        "quote_time": moment("2026-04-02T16:14:01+08:00"),
        "chg": "0.03",
        "high": "1464.88",
        "low": "1452.10",
        "amount": 3_071_810_000,
        "turnover": "0.17",
        "price_earnings": "20.31",
        "market_value": 1_828_164_000_000,
        "price_book": "8.05",
        "status": "traded",
    }
    assert (wuliangye["short"], wuliangye["volume"]) == ("五粮液", 25_781_100)
    assert found.unknown == [NOBODY]
    assert not found.complete


def test_tencent_is_asked_in_groups_with_the_market_before_the_code(server, monkeypatch):
    monkeypatch.setattr(tencent, "AT_ONCE", 3)
    found = fetched(tencent, *((stock.code, stock.market) for stock in STOCKS))
    assert server.requests == ["/tencent?q=sh600519,sz000858,sz000001", "/tencent?q=bj920002"]
    assert [row.values["market"] for row in found.rows] == ["SH", "SZ", "SZ", "BJ"]


def test_tencent_knows_a_stock_not_only_when_it_says_so(server):
    assert fetched(tencent, MOUTAI, NOBODY).unknown == [NOBODY]
    assert len(server.requests) == 2
    assert fetched(tencent, NOBODY).unknown == [NOBODY]


def test_tencent_page_that_leaves_stocks_out_is_asked_for_again(server):
    server.broken["tencent"] = lambda _: "short" if len(server.requests) < 2 else ""
    assert len(fetched(tencent, MOUTAI, WULIANGYE).rows) == 2
    server.texts["tencent"] = STOCKS[0].tencent()
    assert "sh600519, which was not asked for" in refusal(tencent, MOUTAI, WULIANGYE)


def test_tencent_that_goes_on_leaving_stocks_out_is_refused(server, monkeypatch):
    monkeypatch.setattr(tencent, "ROUNDS", 1)
    server.texts["tencent"] = STOCKS[0].tencent()
    assert refusal(tencent, MOUTAI, WULIANGYE) == "Tencent left out 1 of 2 stocks."


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (TENCENT[:-40], "cut short"),
        (TENCENT.replace("\n", "\nalert(1);\n", 1), "another form"),
        ("", "empty"),
        ('v_sh600519="1~贵州茅台~600519~1459.88";', "4 values only"),
        (TENCENT.replace("~1459.88~", "~lots~", 1), "'lots' stands where a number should"),
        (TENCENT.replace("20260402161401", "yesterday"), "stands where a time should"),
        (TENCENT.replace("~600519~", "~000001~", 1), "000001 in place of 600519 in SH"),
    ],
)
def test_tencent_page_that_is_not_as_it_should_be_is_refused(server, text, reason):
    server.texts["tencent"] = text
    assert reason in refusal(tencent, MOUTAI, WULIANGYE, NOBODY)


def test_code_of_another_market_is_not_taken_for_a_stock(server):
    # sh000001 is an index, sz000001 a bank.
    server.texts["tencent"] = Quote("000001", "SH", "上证指数", "3890.45").tencent()
    assert "sh000001, which was not asked for" in refusal(tencent, ("000001", "SZ"))
    server.texts["sina"] = Quote("000001", "SH", "上证指数", "3890.45").sina()
    assert "sh000001, which was not asked for" in refusal(sina, ("000001", "SZ"))


def test_new_code_that_tencent_tells_of(server):
    server.renumbered["bj430047"] = Quote("920047", "BJ", "诺思兰德", "15.20")
    found = fetched(tencent, ("430047", "BJ"))
    assert found.renumbered == {("430047", "BJ"): "920047"}
    assert found.rows[0].values["code"] == "920047"


@pytest.mark.parametrize(
    ("lots", "amount", "shares"),
    [
        ("21064", "307181", 2_106_400),
        ("2106400", "307181", 2_106_400),
        ("3", "0", 300),
        ("0", "0", 0),
        ("", "", None),
    ],
)
def test_volume_in_lots_and_of_star_stocks_in_shares(server, lots, amount, shares):
    text = TENCENT.splitlines()[0].replace("~21064~10319~", f"~{lots}~10319~")
    server.texts["tencent"] = text.replace("~307181~", f"~{amount}~")
    assert fetched(tencent, MOUTAI).rows[0].values["volume"] == shares


def test_sina_as_recorded(server):
    server.texts["sina"] = SINA
    found = fetched(sina, SPDB, FUND, NO_FUND)
    spdb, fund = (row.values for row in found.rows)
    assert spdb == {
        "code": "600000",
        "market": "SH",
        "short": "浦发银行",
        "open": "6.830",
        "previous_close": "6.780",
        "price": Decimal("6.940"),
        "high": "6.980",
        "low": "6.830",
        "volume": 40_237_053,
        "amount": "277525770.000",
        "quote_time": moment("2022-11-11T15:00:00+08:00"),
        "chg": Decimal("2.36"),
        "status": "traded",
    }
    assert fund == {"code": "160922", "market": "SZ", "short": "恒生中小", "status": "suspended"}
    assert found.unknown == [NO_FUND]


def test_sina_is_asked_with_its_referer(server, monkeypatch):
    assert len(fetched(sina, MOUTAI, WULIANGYE).rows) == 2
    monkeypatch.setattr(sina, "HEADERS", {})
    assert refusal(sina, MOUTAI) == "The server answered with status 403."


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (SINA[:-30], "cut short"),
        (SINA.splitlines()[0], "left out 2 of 3"),
        ('var hq_str_sh600000="浦发银行,6.83";', "2 values only"),
        (SINA.replace("2022-11-11", "11.11.2022"), "stands where a time should"),
    ],
)
def test_sina_page_that_is_not_as_it_should_be_is_refused(server, text, reason):
    server.texts["sina"] = text
    assert reason in refusal(sina, SPDB, FUND, NO_FUND)


def test_eastmoney_as_recorded(server):
    server.texts["eastmoney"] = json.dumps(EASTMONEY)
    found = fetched(eastmoney)
    moutai, bank = (row.values for row in found.rows)
    assert found.complete
    assert moutai == {
        "code": "600519",
        "market": "SH",
        "short": "贵州茅台",
        "price": Decimal("1350.6"),
        "chg": -0.82,
        "volume": 73_734_600,
        "amount": 5512800000.0,
        "turnover": 0.44,
        "price_earnings": None,
        "high": 1368.0,
        "low": 1340.0,
        "open": 1362.0,
        "previous_close": 1361.76,
        "market_value": 1688360000000.0,
        "price_book": None,
        "status": "traded",
    }
    assert bank == {"code": "000001", "market": "SZ", "short": "平安银行", "status": "suspended"}


@pytest.mark.parametrize("numbered", [False, True])
@pytest.mark.parametrize("cap", [1, 2, 3, 100])
def test_eastmoney_is_read_to_its_end_however_few_rows_a_page_has(server, cap, numbered):
    server.cap, server.numbered = cap, numbered
    found = fetched(eastmoney)
    assert [row.values["code"] for row in found.rows] == [stock.code for stock in STOCKS]
    assert found.rows[0].values["quote_time"] == datetime(2026, 11, 20, 7, 0, 1, tzinfo=UTC)
    assert len(server.requests) == -(-len(STOCKS) // cap)


def test_eastmoney_list_shorter_than_announced_is_refused(server):
    server.total = 5
    assert refusal(eastmoney) == "Eastmoney announced 5 stocks and listed 4."
    server.total, server.cap = None, 2
    server.broken["eastmoney"] = "short"
    assert refusal(eastmoney) == "Eastmoney announced 4 stocks and listed 3."


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"rc":0,"data":{"total":2,"diff":[{"f2":1', "no JSON"),
        ("[]", "no JSON"),
        ('{"rc":102,"data":null}', "no data"),
        ('{"data":{"total":"many","diff":[]}}', "no total or no rows"),
        ('{"data":{"total":0,"diff":[]}}', "announced 0 stocks"),
        ('{"data":{"total":1,"diff":["600519"]}}', "no stock"),
        ('{"data":{"total":1,"diff":[{"f12":"000001","f13":1,"f14":"上证指数"}]}}', "in market 1"),
        ('{"data":{"total":1,"diff":[{"f12":"600519","f13":1,"f2":"x"}]}}', "number should"),
    ],
)
def test_eastmoney_page_that_is_not_as_it_should_be_is_refused(server, text, reason):
    server.texts["eastmoney"] = text
    assert reason in refusal(eastmoney)


@pytest.mark.usefixtures("no_finalizers")
def test_eastmoney_page_that_is_nested_too_deep_is_refused(server):
    server.texts["eastmoney"] = "[" * 100_000
    assert "no JSON" in refusal(eastmoney)


def test_change_is_not_capped(server):
    server.texts["eastmoney"] = json.dumps(EASTMONEY).replace("-0.82", "396.89")
    assert fetched(eastmoney).rows[0].values["chg"] == 396.89


def test_eastmoney_history(server):
    server.days = [("2026-11-19", 20, 10), ("2026-11-20", 10, 10)]
    rows = eastmoney.bars(Client(), "600519", "SH", None)
    assert rows[0].values == {
        "code": "600519",
        "market": "SH",
        "date": "2026-11-19",
        "open": "20",
        "close": "20",
        "high": "20",
        "low": "20",
        "volume": 100_000,
        "amount": "2000000.00",
        "turnover": "1.25",
        "adjusted_close": 10,
    }
    assert "secid=1.600519" in server.requests[0]
    eastmoney.bars(Client(), "920002", "BJ", None)
    assert "secid=0.920002" in server.requests[2]
    since = eastmoney.bars(Client(), "600519", "SH", date(2026, 11, 20))
    assert [row.values["date"] for row in since] == ["2026-11-20"]


def test_adjusted_close_of_nothing_or_less_is_none(server):
    server.days = [("2026-11-19", 20, -3), ("2026-11-20", 10, 10)]
    rows = eastmoney.bars(Client(), "600519", "SH", None)
    assert [row.values["adjusted_close"] for row in rows] == [None, 10]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"data":{"code":"000001","klines":[]}}', "000001 in place of 600519"),
        ('{"data":{"code":"600519"}}', "no days"),
        ('{"data":{"code":"600519","klines":["2026-11-20,1,1"]}}', "cut short"),
    ],
)
def test_eastmoney_history_that_is_not_as_it_should_be_is_refused(server, text, reason):
    server.texts["eastmoney_history"] = text
    with pytest.raises(Refused, match=reason):
        eastmoney.bars(Client(), "600519", "SH", None)


def test_stooq_as_recorded(server):
    server.texts["stooq"] = STOOQ + "BRK-B.US,N/D,N/D,N/D,N/D,N/D,N/D,N/D,BRK-B.US\n"
    found = fetched(stooq, ("AAPL", "US"), ("BRK.B", "US"))
    assert "s=aapl.us+brk-b.us" in server.requests[0]
    assert found.rows[0].values == {
        "code": "AAPL",
        "market": "US",
        "short": "APPLE",
        "price": Decimal("189.79"),
        "open": "189.92",
        "high": "190.67",
        "low": "188.9",
        "volume": 30_984_740,
        # Its clock is Warsaw's: a quarter of a minute after the close of New York.
        "quote_time": moment("2023-11-27T16:00:13-05:00"),
        "status": "traded",
    }
    assert found.unknown == [("BRK.B", "US")]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Exceeded the daily hits limit", "other headings"),
        (STOOQ[:-30], "cut short"),
        (STOOQ.splitlines()[0], "left out 1 of 1"),
        (STOOQ.replace("AAPL", "MSFT"), "MSFT.US, not asked for"),
        (STOOQ.replace("22:00:13", "late"), "stands where a time should"),
    ],
)
def test_stooq_table_that_is_not_as_it_should_be_is_refused(server, text, reason):
    server.texts["stooq"] = text
    assert reason in refusal(stooq, ("AAPL", "US"))


def test_stooq_history(server):
    server.texts["stooq_history"] = STOOQ_DAYS
    rows = stooq.bars(Client(), "00700", "HK", date(2023, 11, 24))
    assert "s=700.hk&i=d&d1=20231124&d2=" in server.requests[0]
    assert [row.values["date"] for row in rows] == ["2023-11-24", "2023-11-27"]
    assert rows[1].values["close"] == "189.79"
    server.texts["stooq_history"] = "No data"
    assert stooq.bars(Client(), "AAPL", "US", None) == []


@pytest.mark.parametrize("source", [tencent, sina, eastmoney, stooq])
def test_browser_check_with_status_200_is_a_failure(server, source):
    server.broken[source.__name__.rpartition(".")[2]] = "html"
    assert "HTML where data should be" in refusal(source, MOUTAI)
