"""Eastmoney: the list of all A-shares with their quotes, and the daily history of one; JSON."""

import json
import re
from datetime import UTC, datetime

from django.conf import settings

from ...symbols import derive_market
from .. import Refused, Row
from . import Quotes, number, quote_row, share_count

MARKETS = frozenset(("SH", "SZ", "BJ"))
COMPLETE = True
# More than there are; the source gives as many at once as it likes to.
AT_ONCE = 10_000
MOST_PAGES = 200
LOT = 100
# The A-shares of Shenzhen and its ChiNext, of Shanghai and its STAR market, of Beijing.
A_SHARES = "m:0 t:6,m:0 t:80,m:1 t:2,m:1 t:23,m:0 t:81 s:2048"
FIELDS = {
    "f2": "price",
    "f3": "chg",
    "f5": "volume",
    "f6": "amount",
    "f8": "turnover",
    "f9": "price_earnings",
    "f15": "high",
    "f16": "low",
    "f17": "open",
    "f18": "previous_close",
    "f20": "market_value",
    "f23": "price_book",
}
# f124 is the moment of the quote in seconds; not every answer has it.
ASKED = ",".join((*FIELDS, "f12", "f13", "f14", "f124"))
NUMBERED = {1: ("SH",), 0: ("SZ", "BJ")}
# The codes of A-shares, so that what else is here does not count as missing in the list.
A_SHARE = {
    "SH": re.compile(r"60\d{4}|68[89]\d{3}"),
    "SZ": re.compile(r"00[0-4]\d{3}|30\d{4}"),
    "BJ": re.compile(r"43\d{4}|8[2378]\d{4}|920\d{3}"),
}
BAR_FIELDS = ("date", "open", "close", "high", "low", "volume", "amount")


def quotes(client, _wanted):
    """Return the quotes of all A-shares, however few of them a page has.

    By code, so that no stock changes its page meanwhile.
    """
    found, seen, size, place = Quotes(complete=True), set(), AT_ONCE, 1
    while place <= MOST_PAGES:
        params = {
            "pn": place,
            "pz": size,
            "po": 0,
            "np": 1,
            "fltt": 2,
            "invt": 2,
            "fid": "f12",
            "fs": A_SHARES,
            "fields": ASKED,
        }
        data = answer(client, settings.FEED_ADDRESSES["eastmoney"], params)
        total, listed = data.get("total"), data.get("diff")
        listed = list(listed.values()) if isinstance(listed, dict) else listed
        if not isinstance(total, int) or not isinstance(listed, list):
            raise Refused("Eastmoney's list has no total or no rows.")
        for item in listed:
            row = quote(len(found.rows) + 1, item)
            key = row.values["code"], row.values["market"]
            if key not in seen:
                seen.add(key)
                found.rows.append(row)
        if len(seen) >= total > 0:
            return found
        if not listed:
            break
        # A source that caps its pages counts the next ones by the cap.
        size, place = (len(listed) if place == 1 else size), place + 1
    raise Refused(f"Eastmoney announced {total} stocks and listed {len(seen)}.")


def covers(code, market):
    """Return whether the list has a stock with this code if it is still listed."""
    return market in A_SHARE and A_SHARE[market].fullmatch(code) is not None


def answer(client, address, params):
    """Return the `data` of an answer; Refused when it is no JSON or has none."""
    text = client.get(address, params, safe=",:")
    try:
        data = json.loads(text).get("data")
    except (ValueError, AttributeError, RecursionError) as error:
        raise Refused("Eastmoney sent no JSON, or not all of it.") from error
    if not isinstance(data, dict):
        raise Refused("Eastmoney sent no data.")
    return data


def quote(line, item):
    """Return the Row of one stock of the list."""
    if not isinstance(item, dict):
        raise Refused("Eastmoney's list has something that is no stock.")
    code, short = str(item.get("f12", "")), str(item.get("f14", ""))
    market = derive_market(code)
    if market not in NUMBERED.get(item.get("f13"), ()):
        raise Refused(f"Eastmoney lists {code[:12]} in market {item.get('f13')}: no stock there.")
    values = {name: item.get(field) for field, name in FIELDS.items()}
    values["volume"] = share_count(values["volume"], LOT)
    moment = item.get("f124")
    if isinstance(moment, int) and moment > 0:
        values["quote_time"] = datetime.fromtimestamp(moment, UTC)
    return quote_row(line, code, market, short, values)


def bars(client, code, market, since):
    """Return the daily history of a stock, from a day on or all of it."""
    days = klines(client, code, market, since, adjusted=False)
    closes = {day[0]: day[2] for day in klines(client, code, market, since, adjusted=True)}
    return [row(line, code, market, day, closes) for line, day in enumerate(days, 1)]


def row(line, code, market, day, closes):
    """Return the Row of a day.

    The source takes dividends off the adjusted close, which leaves nothing of some old ones.
    """
    values = dict(zip(BAR_FIELDS, day, strict=False))
    values["volume"] = share_count(values["volume"], LOT)
    values["turnover"] = day[10]
    adjusted = number(closes.get(day[0]))
    values["adjusted_close"] = adjusted if adjusted and adjusted > 0 else None
    return Row(line, {"code": code, "market": market, **values})


def klines(client, code, market, since, *, adjusted):
    """Return the days of a stock as lists of text."""
    params = {
        "secid": f"{1 if market == 'SH' else 0}.{code}",
        "fields1": "f1,f2,f3,f4,f5,f6",
        "fields2": ",".join(f"f{place}" for place in range(51, 62)),
        "klt": 101,
        "fqt": 1 if adjusted else 0,
        "beg": since.strftime("%Y%m%d") if since else 0,
        "end": 20500101,
    }
    data = answer(client, settings.FEED_ADDRESSES["eastmoney_history"], params)
    days, sent = data.get("klines"), str(data.get("code"))
    if sent != code:
        raise Refused(f"Eastmoney answered for {sent[:12]} in place of {code}.")
    if not isinstance(days, list):
        raise Refused(f"Eastmoney's history of {code} has no days.")
    parts = [str(day).split(",") for day in days]
    if any(len(part) < 11 for part in parts):
        raise Refused(f"Eastmoney's history of {code} has a day that is cut short.")
    return parts
