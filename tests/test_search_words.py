"""The words that stocks are found by: what they find, and that they stay true."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from stocks.imports import Row
from stocks.imports.undo import undo
from stocks.imports.writer import write_quotes
from stocks.models import SearchWord, Stock
from stocks.models.stock import search_condition, text_condition
from stocks.pinyin import search_words

ODD = {
    "000050": "深天马Ａ",
    "000051": "100%_a\\b*'\"`",
    "000052": "Straße 😀",
    "BRK.A": "Berkshire Hathaway",
    "1234567": "五 粮 液",
    "000053": "é东",
    "000054": "ＡÉ\x01b",
    "000055": "é" * 64,
    "000056": "a" * 64,
    "000057": "重庆" * 8 + "长",
    "^GSPC": "ﷺ㎯",
}


@pytest.fixture
def odd(stocks):
    """Stocks with names of every kind, one of them without a market."""
    Stock.objects.bulk_create(Stock(code=code, short=short) for code, short in ODD.items())
    assert Stock.objects.filter(market="").exists()
    for stock in Stock.objects.all():
        stock.save()
    return Stock.objects.order_by("pk")


def pieces(texts):
    """Return of each text its start, middle and end, in capitals too, and more than there is."""
    for text in texts:
        half = len(text) // 2
        yield from (text.upper(), text[:1], text[half : half + 2], text[1:], f"{text}a")


def test_words_find_what_the_columns_say(odd):
    texts = {"", " ", "%", "_", "\\", "\\%", "*", ".", "😁", "' OR 1=1 --", "ｆ", "é", "Ｅ", "\x01"}
    for stock in odd:
        keys = stock.search_pinyin.split()
        texts |= {*pieces([stock.symbol, stock.slug, stock.short, keys[0], keys[-1]])}
    for text in texts:
        found = set(Stock.objects.search(text).values_list("pk"))
        assert found == set(Stock.objects.filter(text_condition(text)).values_list("pk")), text
        assert len(found) == Stock.objects.number(search_condition(text), 99), text


def test_word_that_another_one_starts_with_is_left_out():
    words = search_words("000001", "SZ", "东方红", " dongfanghong fanghong hong dfh fh h")
    symbol, name = {"000001.sz"}, {"东方红", "方红", "红"}
    assert words == symbol | name | {"dongfanghong", "fanghong", "hong", "dfh", "fh"}


def test_what_is_found_is_counted_among_those_that_are_looked_at(odd, alice):
    alice.watchlist.watch(odd[0])
    listed = alice.watchlist.stocks()
    assert listed.number(search_condition(odd[0].code), 99) == 1
    assert listed.number(search_condition(odd[1].code), 99) == 0


def stale():
    """Return the stocks whose words are not those of their name, and the words of none."""
    words = {}
    for word, stock in SearchWord.objects.values_list("word", "stock"):
        words.setdefault(stock, set()).add(word)
    rows = Stock.objects.values_list("pk", "code", "market", "search_name", "search_pinyin")
    true = {pk: search_words(*texts) for pk, *texts in rows}
    return {pk for pk in words | true if words.get(pk) != true.get(pk)}


def rows(*several):
    return [Row(line, values) for line, values in enumerate(several, 2)]


def test_words_stay_true_however_stocks_are_written(stocks):
    assert not stale()
    stock, other = stocks["000007"], stocks["000036"]
    stock.short = "新名字"
    stock.save()
    assert not stale()
    other.code = "000037"
    other.save(update_fields=["code"])
    assert not stale()
    new = [
        Stock(code="AAPL", short="Apple", search_name="apple"),
        Stock(code="000007", market="SZ"),
    ]
    Stock.objects.bulk_create(new, ignore_conflicts=True)
    assert not stale()
    Stock.objects.filter(code="AAPL").update(market="US")
    assert not stale()
    stock.search_name = "another"
    Stock.objects.bulk_update([stock], ["search_name"])
    assert not stale()
    Stock.objects.exclude(pk=stock.pk).delete()
    stock.delete()
    assert not stale()
    assert not SearchWord.objects.exists()


def test_words_stay_true_after_an_import_and_its_undoing(stocks):
    before = set(SearchWord.objects.values_list("word", "stock"))
    taken = rows(
        {"code": "000036", "short": "浦发银行", "price": "3"},
        {"code": "AAPL", "short": "Apple", "price": "1"},
    )
    record = write_quotes(taken, source="test.csv").record
    assert not stale()
    assert [Stock.objects.search(q).count() for q in ("pfyh", "aapl.us", "hlkg")] == [1, 1, 0]
    assert undo(record).done
    assert set(SearchWord.objects.values_list("word", "stock")) == before


def test_words_cost_a_price_nothing(stocks):
    with CaptureQueriesContext(connection) as asked:
        write_quotes(rows({"code": "000036", "price": "3"}), source="test.csv")
        Stock.objects.filter(code="000007").update(price=4)
    assert asked.captured_queries
    assert not [query["sql"] for query in asked if "searchword" in query["sql"]]


def test_words_that_are_true_are_not_written_again(stocks):
    with CaptureQueriesContext(connection) as asked:
        stocks["000007"].save()
    wordy = [query["sql"] for query in asked if "searchword" in query["sql"]]
    assert [sql.split()[0] for sql in wordy] == ["SELECT"]


def test_stocks_that_were_there_before_get_their_words(odd, monkeypatch):
    migration = import_module("stocks.migrations.0018_search_words")
    monkeypatch.setattr(migration, "AT_ONCE", 3)
    SearchWord.objects.exclude(stock=odd[5])._raw_delete(using="default")
    assert len(stale()) == len(odd) - 1
    migration.fill(apps, SimpleNamespace(connection=connection))
    assert not stale()


@pytest.mark.parametrize("q", ["0000", "东", "dfh"])
def test_search_reads_no_whole_table(stocks, q):
    plan = Stock.objects.search(q).explain()
    assert "range" in plan if connection.vendor == "mysql" else "SCAN" not in plan


@pytest.mark.sqlite
def test_key_is_not_kept_a_second_time(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT sql FROM sqlite_master WHERE name = 'stocks_searchword'")
        assert cursor.fetchone()[0].endswith("WITHOUT ROWID")


def test_words_are_not_listed_to_those_who_delete_a_stock(admin, sign_in, stocks):
    page = sign_in(admin).get(f"/admin/stocks/stock/{stocks['000007'].pk}/delete/")
    assert "search word" not in page.content.decode().lower()
