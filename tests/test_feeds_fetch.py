"""`fetchquotes` and `fetchbars`: what comes from the feeds into the database, and what does not."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from stocks.models import Bar, DataImport, FeedLock, FeedRun, Stock

from .feed_samples import STOOQ, Quote, whole_market

FRIDAY = datetime(2026, 11, 20, 15, 0, 1)  # noqa: DTZ001
EARLIER = datetime(2026, 11, 19, 7, tzinfo=UTC)


def stock(code, market, short, **values):
    return Stock.objects.create(code=code, market=market, short=short, **values)


def here():
    """Put the stocks of the server into the database, with yesterday's quotes."""
    old = {"price": "10", "chg": "1", "turnover": "3", "quote_time": EARLIER, "source": "x"}
    stock("600519", "SH", "贵州茅台", industry="酿酒", price_earnings="9", **old)
    stock("000858", "SZ", "五粮液", **old)
    stock("000002", "SZ", "万科A", **old)
    stock("920002", "BJ", "万达轴承", **old)


def fetch(*arguments, **options):
    out = StringIO()
    call_command("fetchquotes", *arguments, stdout=out, stderr=out, **options)
    return out.getvalue()


def refusal(*arguments):
    out = StringIO()
    with pytest.raises(CommandError) as caught:
        call_command("fetchquotes", *arguments, stdout=out, stderr=out)
    return str(caught.value), out.getvalue()


def stored():
    return list(Stock.objects.order_by("pk").values())


def get(code):
    return Stock.objects.get(code=code)


@pytest.mark.parametrize("feed", ["tencent", "sina", "eastmoney"])
def test_quotes_come_with_their_source_and_time(server, feed):
    here()
    assert f"{feed}: 0 new, 4 changed, 0 unchanged, 0 rejected." in fetch(feed=[feed])
    moutai = get("600519")
    assert (moutai.price, moutai.chg) == (Decimal("1459.88"), Decimal("2.04"))
    assert moutai.volume == server.stocks[0].lots * 100
    assert (moutai.source, moutai.status, moutai.industry) == (feed, "", "酿酒")
    assert moutai.quote_time == datetime(2026, 11, 20, 7, 0, 1, tzinfo=UTC)
    # Sina tells no turnover rate: yesterday's is not today's.
    assert moutai.turnover == (None if feed == "sina" else Decimal("1.25"))
    assert moutai.price_earnings == (Decimal(9) if feed == "sina" else Decimal("20.31"))
    assert [one["short"] for one in stored()] == ["贵州茅台", "五粮液", "万科A", "万达轴承"]
    assert "0 new, 0 changed, 4 unchanged" in fetch(feed=[feed])


def test_list_brings_new_stocks_into_an_empty_database(server):
    assert "eastmoney: 4 new" in fetch()
    assert [one["short"] for one in stored()] == ["贵州茅台", "五粮液", "万科A", "万达轴承"]
    run = FeedRun.objects.get()
    assert (run.outcome, run.feeds, run.new) == ("done", "eastmoney", 4)
    assert "there are none of its markets" in run.message
    assert DataImport.objects.get().source == "eastmoney"


def test_first_feed_that_delivers_is_enough(server):
    here()
    server.broken |= {"tencent": "html", "sina": (403, {})}
    said = fetch()
    assert "tencent: 127.0.0.1" in said
    assert "sina: The server answered with status 403." in said
    assert {one["source"] for one in stored()} == {"eastmoney"}
    server.broken.clear()
    server.requests.clear()
    fetch(feed=["sina", "tencent"])
    assert (server.asked("sina"), server.asked("tencent"), server.asked("eastmoney")) == (1, 0, 0)


FAULTS = ("html", "truncated", "broken off", "wrong bytes")


@pytest.mark.parametrize(
    ("feed", "fault"),
    [
        *((feed, fault) for feed in ("tencent", "sina", "eastmoney") for fault in FAULTS),
        ("sina", "short"),
        ("eastmoney", "short"),
    ],
)
def test_broken_page_changes_nothing(server, feed, fault):
    here()
    before = stored()
    server.broken[feed] = fault
    error, said = refusal("--feed", feed)
    assert error == "No feed delivered quotes of BJ, SH, SZ."
    assert said.startswith(f"{feed}: ")
    assert stored() == before
    run = FeedRun.objects.get()
    assert run.outcome == "failed"
    assert said.splitlines()[0] in run.message
    assert not DataImport.objects.exists()


def test_price_of_none_suspends_and_keeps_the_last_one(server):
    here()
    server.stocks[0].price = Decimal(0)
    for feed in ("tencent", "sina", "eastmoney"):
        Stock.objects.update(status="")
        fetch(feed=[feed])
        moutai = get("600519")
        assert (moutai.price, moutai.chg, moutai.status) == (10, 1, "suspended")
        assert (moutai.quote_time, moutai.source, moutai.volume) == (EARLIER, "x", None)
    server.stocks[0].price = Decimal("1459.88")
    fetch(feed=["tencent"])
    assert (get("600519").price, get("600519").status) == (Decimal("1459.88"), "")


def test_market_without_any_price_is_not_believed(server):
    for place in range(30):
        server.stocks.append(Quote(f"60{place:04d}", "SH", f"股份{place}", "0"))
    for one in server.stocks:
        one.price = Decimal(0)
    for feed in ("eastmoney", "sina"):
        if feed == "sina":
            for one in server.stocks:
                stock(one.code, one.market, one.name)
        _error, said = refusal("--feed", feed)
        assert "None of 34 stocks has a price" in said


def test_quote_older_than_the_one_here_changes_nothing(server):
    here()
    Stock.objects.update(quote_time=datetime(2026, 11, 20, 7, 0, 2, tzinfo=UTC))
    before = stored()
    fetch(feed=["tencent"])
    assert stored() == before


def test_quote_of_the_future_is_refused(server):
    here()
    server.stocks[1].at = FRIDAY + timedelta(days=9000)
    _error, said = refusal("--feed", "tencent")
    assert "quotes of the future" in said


def test_same_code_in_two_markets_stays_two_stocks(server):
    stock("000001", "SH", "上证指数", price="3890", quote_time=EARLIER)
    server.stocks[:] = [
        Quote("000001", "SZ", "平安银行", "11.50"),
        Quote("000001", "SH", "上证指数", "3900"),
    ]
    stock("000001", "SZ", "平安银行", price="11", quote_time=EARLIER)
    fetch(feed=["sina"])
    prices = {one.market: one.price for one in Stock.objects.all()}
    assert prices == {"SH": 3900, "SZ": Decimal("11.5")}


def test_stock_that_a_complete_list_lacks_is_delisted_not_deleted(server):
    here()
    stock("600001", "SH", "邯郸钢铁", price="4.10", quote_time=EARLIER, source="x")
    stock("900901", "SH", "云赛B股", price="0.5")
    stock("AAPL", "US", "Apple", price="150")
    said = fetch(feed=["eastmoney"])
    assert "eastmoney: 1 not listed any more, marked as delisted: 600001.SH" in said
    gone = get("600001")
    assert (gone.status, gone.price, gone.source) == ("delisted", Decimal("4.1"), "x")
    assert {get("900901").status, get("AAPL").status} == {""}
    server.requests.clear()
    fetch(feed=["tencent"])
    assert "600001" not in server.requests[0]
    server.stocks.append(Quote("600001", "SH", "邯郸钢铁", "4.20"))
    fetch(feed=["eastmoney"])
    assert (get("600001").status, get("600001").price) == ("", Decimal("4.2"))


def test_feed_that_is_asked_for_stocks_delists_none(server):
    here()
    stock("600001", "SH", "邯郸钢铁")
    for feed in ("tencent", "sina"):
        assert "1 not known to the source: 600001.SH" in fetch(feed=[feed])
    fetch("600519.SH", feed=["eastmoney"])
    assert get("600001").status == ""
    server.cap, server.broken["eastmoney"] = 2, "short"
    refusal("--feed", "eastmoney")
    assert get("600001").status == ""


def test_many_gone_at_once_are_delisted_only_when_one_says_so(server):
    here()
    for place in range(30):
        stock(f"601{place:03d}", "SH", f"Gone {place}", price=1)
    said = fetch(feed=["eastmoney"])
    assert "30 not listed any more, too many to believe" in said
    assert not Stock.objects.filter(status="delisted").exists()
    assert get("600519").source == "eastmoney"
    fetch("--believe", feed=["eastmoney"])
    assert Stock.objects.filter(status="delisted").count() == 30


def test_renumbered_stock_stays_the_same_row(server, alice):
    here()
    old = stock("430047", "BJ", "诺思兰德", price="15", quote_time=EARLIER)
    alice.watchlist.watch(old)
    server.renumbered["bj430047"] = Quote("920047", "BJ", "诺思兰德", "15.20")
    assert "430047.BJ is 920047.BJ now." in fetch(feed=["tencent"])
    new = get("920047")
    assert (new.pk, new.price) == (old.pk, Decimal("15.2"))
    assert list(alice.watchlist.stocks()) == [new]
    assert [one.code for one in new.history.all()] == ["920047", "430047"]


def test_renumbered_stock_is_found_in_a_list_by_its_name(server):
    here()
    old = stock("430047", "BJ", "诺思兰德", price="15", quote_time=EARLIER)
    server.stocks.append(Quote("920047", "BJ", "诺思兰德", "15.20"))
    assert "430047.BJ is 920047.BJ now." in fetch(feed=["eastmoney"])
    assert (get("920047").pk, Stock.objects.count()) == (old.pk, 5)


def test_new_code_with_another_name_is_not_believed(server):
    here()
    stock("430047", "BJ", "诺思兰德", price="15", quote_time=EARLIER)
    before = stored()
    server.renumbered["bj430047"] = Quote("920048", "BJ", "别的股份", "15.20")
    _error, said = refusal("--feed", "tencent")
    assert "It says 430047.BJ is 920048.BJ, another name." in said
    assert stored() == before


def test_new_name_is_taken(server):
    here()
    server.stocks[2].name = "*ST万科"
    fetch(feed=["tencent"])
    assert get("000002").short == "*ST万科"
    assert list(Stock.objects.search("stwk")) == [get("000002")]


def test_change_beyond_any_limit_is_taken(server):
    here()
    server.stocks[3].before = Decimal("18.22")
    fetch(feed=["eastmoney"])
    assert get("920002").chg == Decimal("396.71")


def test_odd_row_does_not_keep_the_market_from_being_written(server):
    server.stocks[:] = whole_market()[:300]
    server.stocks[7].name = "长" * 70
    said = fetch(feed=["eastmoney"])
    assert "eastmoney: 299 new, 0 changed, 0 unchanged, 1 rejected." in said
    assert "eastmoney: 600007 was not taken" in said
    for one in server.stocks[:5]:
        one.name = "长" * 70
    before = stored()
    _error, said = refusal("--feed", "eastmoney")
    assert "6 of 300 rows were rejected" in said
    assert stored() == before


def test_some_stocks_and_new_ones_by_their_symbol(server):
    assert "tencent: 1 new" in fetch("000858.SZ", feed=["tencent"])
    assert [one["code"] for one in stored()] == ["000858"]
    assert "1 not known to the source: 000999.SZ" in fetch("000858", "000999", feed=["sina"])


def test_markets_come_from_the_feeds_that_know_them(server):
    here()
    stock("AAPL", "US", "Apple", price="150", quote_time=datetime(2012, 1, 1, tzinfo=UTC))
    server.texts["stooq"] = STOOQ.replace("2023-11-27", "2026-11-20")
    said = fetch(feed=["stooq", "tencent"], market=["US", "SH"])
    assert "stooq, tencent: 0 new, 2 changed" in said
    assert (get("AAPL").source, get("600519").source, get("000858").source) == (
        "stooq",
        "tencent",
        "x",
    )
    server.broken["stooq"] = "html"
    error, _said = refusal("--feed", "stooq,tencent", "--market", "US,SH")
    assert error == "No feed delivered quotes of US."


def stooq_quote(price, time="22:00:13", day=20):
    """Return Stooq's answer for AAPL."""
    quote = STOOQ.replace("2023-11-27,22:00:13", f"2026-11-{day},{time}")
    return quote.replace("189.79", str(price))


@pytest.mark.parametrize(("close", "chg"), [(100, "5.00"), (1050, None)])
def test_change_that_a_feed_does_not_tell_is_from_the_close_before(server, close, chg):
    apple = stock("AAPL", "US", "Apple", price=90, chg=9, previous_close=8, quote_time=EARLIER)
    for day in (18, 19):
        Bar.objects.create(
            stock=apple, date=f"2026-11-{day}", open=close, high=close, low=close, close=close
        )
    server.texts["stooq"] = stooq_quote(103, "16:00:00")
    fetch(feed=["stooq"], market=["US"])
    apple = get("AAPL")
    assert (apple.previous_close, apple.chg) == ((100, 3) if chg else (None, None))
    server.texts["stooq"] = stooq_quote(105)
    fetch(feed=["stooq"], market=["US"])
    assert get("AAPL").chg == (chg and Decimal(chg))
    server.texts["stooq"] = stooq_quote(105, day=21)
    fetch(feed=["stooq"], market=["US"])
    assert (get("AAPL").previous_close, get("AAPL").chg) == (None, None)


def test_quote_without_a_time_is_from_the_last_session(server, monkeypatch):
    here()
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 11, 21, 4, tzinfo=UTC))
    monkeypatch.setattr(Quote, "eastmoney", without_time(Quote.eastmoney))
    fetch(feed=["eastmoney"])
    assert get("600519").quote_time == datetime(2026, 11, 20, 7, tzinfo=UTC)


def without_time(method):
    return lambda quote: {name: v for name, v in method(quote).items() if name != "f124"}


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--feed", "nowhere"], "There is no feed nowhere: name some of tencent, sina"),
        (["--feed", ","], "Name a feed: tencent"),
        (["--market", "XX"], "There is no market XX: name some of SH"),
        (["--market", ""], "Name some of SH"),
        (["-", "--feed", "sina"], "- names no market: write it as 000007.SZ"),
        (["--feed", "yfinance"], "No feed delivered quotes of BJ, SH, SZ."),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(server, arguments, error):
    assert refusal(*arguments)[0].startswith(error)


def test_second_fetch_waits_for_its_turn(server):
    here()
    holder = FeedLock.objects.take()
    error, _said = refusal("--feed", "tencent")
    assert error.startswith("Another fetch is running: process ")
    assert not server.requests
    FeedLock.objects.release(holder)
    fetch(feed=["tencent"])


def test_lock_of_a_dead_process_runs_out(server):
    here()
    FeedLock.objects.take()
    FeedRun.objects.create(job="quotes", markets="SH")
    FeedLock.objects.update(until=timezone.now() - timedelta(seconds=1))
    fetch(feed=["tencent"])
    assert list(FeedRun.objects.values_list("outcome", flat=True)) == ["done", "stopped"]


def test_run_that_lost_its_lock_writes_nothing(server):
    here()
    before = stored()

    def steal(_handler):
        FeedLock.objects.update(holder="elsewhere 1 x")

    from stocks.imports.feeds import tencent

    ask = tencent.quotes
    tencent.quotes = lambda *a: steal(None) or ask(*a)
    try:
        error, _said = refusal("--feed", "tencent")
    finally:
        tencent.quotes = ask
    assert error == "Another run took over meanwhile, so nothing more was written."
    assert stored() == before
    assert FeedRun.objects.get().outcome == "stopped"
    assert FeedLock.objects.get().holder == "elsewhere 1 x"


def test_whole_market_is_refreshed(server, django_assert_max_num_queries):
    server.stocks[:] = whole_market()
    server.cap = 200
    fetch(feed=["eastmoney"])
    assert Stock.objects.count() == 5400
    # What the feeds differ in comes before the database.
    feeds = ("eastmoney", "tencent", "sina") if connection.vendor == "sqlite" else ("eastmoney",)
    for minute, feed in enumerate(feeds, 1):
        for one in server.stocks:
            one.price, one.at = one.price + 1, FRIDAY + timedelta(minutes=minute)
        with django_assert_max_num_queries(60):
            said = fetch(feed=[feed])
        assert f"{feed}: 0 new, 5400 changed, 0 unchanged, 0 rejected." in said
        prices = {(one.code, one.market): one.price for one in Stock.objects.all()}
        assert prices == {(one.code, one.market): one.price for one in server.stocks}


# History


def bars(*arguments, **options):
    out = StringIO()
    call_command("fetchbars", *arguments, stdout=out, stderr=out, **options)
    return out.getvalue()


def closes():
    rows = Bar.objects.order_by("stock_id", "date")
    return [(bar.date.isoformat(), bar.close, bar.adjusted_close) for bar in rows]


def test_history_is_fetched_whole_and_then_what_is_new(server):
    here()
    server.days = [("2026-11-18", 20, 20), ("2026-11-19", 21, 21)]
    assert "eastmoney: 4 new" in bars("600519", "000858", feed=["eastmoney"])
    assert "beg=0&" in server.requests[0]
    moutai = get("600519")
    assert (moutai.highs, moutai.time) == (20, date(2026, 11, 18))
    server.days.append(("2026-11-20", 22, 22))
    server.requests.clear()
    assert "2 new, 0 changed, 2 unchanged" in bars("600519", "000858", feed=["eastmoney"])
    assert "beg=20261119&" in server.requests[0]
    assert len(closes()) == 6
    assert (get("600519").price, get("600519").source) == (22, "bars")


def test_split_since_the_last_bar_brings_the_whole_history_anew(server):
    here()
    server.days = [("2026-11-18", 20, 20), ("2026-11-19", 20, 20)]
    bars("600519", feed=["eastmoney"])
    server.days = [("2026-11-18", 20, 10), ("2026-11-19", 20, 10), ("2026-11-20", 11, 11)]
    bars("600519", feed=["eastmoney"])
    assert closes() == [("2026-11-18", 20, 10), ("2026-11-19", 20, 10), ("2026-11-20", 11, 11)]


def days_to_friday(*closes):
    """Return days from Tuesday on, for the server, with the closes of a feed that adjusts all."""
    return [(f"2026-11-{day}", close, close) for day, close in enumerate(closes, 17)]


def test_split_brings_the_whole_history_of_a_feed_without_adjusted_closes_anew(server):
    stock("AAPL", "US", "Apple", price=90, quote_time=EARLIER)
    server.days = days_to_friday(90, 98, 100)
    bars("AAPL.US", feed=["stooq"])
    server.days = days_to_friday(90, 98.05, 100.05)
    bars("AAPL.US", feed=["stooq"])
    assert [float(close) for _day, close, _adjusted in closes()] == [90, 98, 100.05]
    server.days = days_to_friday(9, 9.8, 10, 10.5)
    server.texts["stooq"] = stooq_quote(10.5)
    fetch(feed=["stooq"], market=["US"])
    assert get("AAPL").chg is None
    server.requests.clear()
    bars("AAPL.US", feed=["stooq"])
    assert ["d1=20261119" in asked for asked in server.requests] == [True, False]
    assert [float(close) for _day, close, _adjusted in closes()] == [9, 9.8, 10, 10.5]
    assert (get("AAPL").previous_close, get("AAPL").chg) == (10, 5)


def test_history_since_a_day(server):
    here()
    server.days = [("2026-11-18", 20, 20), ("2026-11-19", 21, 21)]
    bars("600519", "--since", "2026-11-19", feed=["eastmoney"])
    assert closes() == [("2026-11-19", 21, 21)]
    with pytest.raises(CommandError, match="--since"):
        bars("--since", "yesterday")


def test_day_that_is_not_over_has_no_bar_yet(server, monkeypatch):
    here()
    server.days = [("2026-11-19", 21, 21), ("2026-11-20", 22, 22)]
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 11, 20, 6, tzinfo=UTC))
    bars("600519", feed=["eastmoney"])
    assert closes() == [("2026-11-19", 21, 21)]
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 11, 20, 7, tzinfo=UTC))
    bars("600519", feed=["eastmoney"])
    assert len(closes()) == 2


def test_history_that_cannot_be_had_is_named_and_the_rest_is_taken(server):
    here()
    server.days = [("2026-11-19", 21, 21)]
    server.broken["eastmoney_history"] = lambda handler: "html" * ("0.000858" in handler.path)
    out = StringIO()
    with pytest.raises(CommandError) as caught:
        call_command("fetchbars", "--feed", "sina,eastmoney", stdout=out, stderr=out)
    assert str(caught.value) == "No feed delivered bars of 1 of 4 stocks: 000858.SZ."
    assert Bar.objects.count() == 3
    assert FeedRun.objects.get().outcome == "failed"


def test_history_that_cannot_be_written_is_named_as_what_cannot_be_had(server):
    here()
    server.days = [("2026-11-19", -21, -21)]
    server.broken["eastmoney_history"] = lambda handler: "html" * ("0.000858" in handler.path)
    with pytest.raises(CommandError) as caught:
        bars("000858", "000002", "600519", feed=["eastmoney"])
    assert str(caught.value).endswith("3 of 3 stocks: 000858.SZ, 000002.SZ, 600519.SH.")


def test_feed_that_fails_for_every_stock_is_left_alone(server):
    for place in range(9):
        stock(f"60000{place}", "SH", f"股份{place}")
    server.broken["eastmoney_history"] = "html"
    with pytest.raises(CommandError, match="9 of 9 stocks"):
        bars(feed=["eastmoney"])
    assert server.asked("eastmoney_history") == 5


def test_history_of_a_stock_that_is_not_here(server):
    with pytest.raises(CommandError, match="No stock is called 600519.SH: fetch its quote first."):
        bars("600519")
