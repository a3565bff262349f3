"""Rows of a made-up market, the same ones each time, written as fast as the database takes them."""

import random
from datetime import UTC, date, datetime, timedelta
from itertools import islice

NAMES, AT_ONCE = 20_000, 5_000
# Few enough: what this process held at most counts for the programs it starts too.
WORDED_AT_ONCE = 20_000
CHARACTERS = (
    "东方华新国泰中信海天科技金龙山水安康明远大通银行重庆长城光电宝钢石化民生万达"
    "平江南北西湖农业医药股份机械传媒航空港运汽车能源材料食品地产建设环保纺织"
)
MARKETS = {"SZ": 35, "SH": 30, "HK": 15, "US": 15, "BJ": 5}
STATUSES = {"": 96, "suspended": 3, "delisted": 1}
SOURCES = {"eastmoney": 60, "sina": 30, "": 10}
INDUSTRIES = [f"行业{number:02}" for number in range(90)]
NUMBERS = (
    *("chg", "turnover", "price", "highs", "time", "quote_time", "previous_close", "open", "high"),
    *("low", "volume", "amount", "price_earnings", "price_book", "market_value"),
)
TEXTS = ("code", "market", "short", "search_name", "search_pinyin", "industry", "status", "source")
FIELDS = (*TEXTS, *NUMBERS)


def names(chance):
    """Return names, each with its search keys."""
    from stocks.pinyin import pinyin_keys, search_form

    made = ("".join(chance.choices(CHARACTERS, k=chance.choice((3, 4, 4)))) for _ in range(NAMES))
    return [(name, search_form(name), pinyin_keys(name)) for name in made]


def made_up(count):
    """Yield so many rows as tuples of the values of `FIELDS`."""
    chance = random.Random(1)
    known, today = names(chance), datetime(2026, 7, 17, 7, tzinfo=UTC)

    def drawn(words):
        return chance.choices(list(words), list(words.values()))[0]

    for number in range(count):
        yield (
            f"{number:06}",
            drawn(MARKETS),
            *chance.choice(known),
            chance.choice(INDUSTRIES) if chance.random() > 0.03 else "",
            drawn(STATUSES),
            drawn(SOURCES),
            *numbers(chance, today),
        )


def numbers(chance, today):
    """Return the values of `NUMBERS` of a row, some of them missing."""

    def some(value, share):
        return value if chance.random() < share else None

    price, volume = round(chance.lognormvariate(3, 1) + 0.1, 2), int(chance.lognormvariate(15, 2))
    change, high = round(chance.gauss(0, 3), 2), round(price * chance.uniform(0.9, 1.8), 2)
    day = date(2025, 7, 17) + timedelta(chance.randrange(365))
    quoted = today - timedelta(minutes=chance.randrange(60 * 24 * 30))
    return (
        some(change, 0.97),
        some(round(chance.uniform(0, 20), 2), 0.97),
        some(price, 0.98),
        *((high, day) if chance.random() < 0.9 else (None, None)),
        some(quoted.replace(tzinfo=None), 0.95),
        *(some(round(price * chance.uniform(0.95, 1.05), 2), 0.96) for _name in range(4)),
        some(volume, 0.96),
        some(round(volume * price, 2), 0.96),
        some(round(chance.gauss(20, 30), 2), 0.8),
        some(round(chance.uniform(0.2, 12), 2), 0.85),
        some(round(chance.lognormvariate(23, 1.5), 2), 0.9),
    )


def fill(connection, count):
    """Write so many rows, then their indexes, which is faster, and what planners know of them."""
    from stocks.models import SearchWord, Stock

    with connection.schema_editor() as editor:
        for index in Stock._meta.indexes:
            editor.remove_index(Stock, index)
    marks = ", ".join(["%s"] * len(FIELDS))
    statement = f"INSERT INTO info ({', '.join(FIELDS)}) VALUES ({marks})"
    made = made_up(count)
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        while batch := list(islice(made, AT_ONCE)):
            cursor.executemany(statement, batch)
        cursor.execute("COMMIT")
    with connection.schema_editor() as editor:
        for index in Stock._meta.indexes:
            editor.add_index(Stock, index)
    fill_words(connection)
    with connection.cursor() as cursor:
        tables = (Stock._meta.db_table, SearchWord._meta.db_table)
        mysql = connection.vendor == "mysql"
        cursor.execute(f"ANALYZE TABLE {', '.join(tables)}" if mysql else "ANALYZE")


def fill_words(connection):
    """Write the words of the stocks that are there, some at a time in the order of their index."""
    from django.db import transaction

    from stocks.models.search_word import TOLD_BY, insert
    from stocks.pinyin import search_words

    statement = f"SELECT id, {', '.join(TOLD_BY)} FROM info WHERE id > %s ORDER BY id LIMIT %s"
    last = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(statement, [last, WORDED_AT_ONCE])
            some = cursor.fetchall()
        if not some:
            return
        with transaction.atomic(using=connection.alias):
            insert(connection, ((word, pk) for pk, *texts in some for word in search_words(*texts)))
        last = some[-1][0]
