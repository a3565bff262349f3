"""The feed of the package akshare, when it is installed: A-shares, by way of Eastmoney.

Its list does not tell how many stocks there should be, so no stock is delisted after it.
"""

from ...symbols import derive_market
from .. import Refused, Row
from . import Quotes, installed, outside, quote_row, share_count

MARKETS = frozenset(("SH", "SZ", "BJ"))
COMPLETE = False
LOT = 100
QUOTE_HEADINGS = {
    "最新价": "price",
    "涨跌幅": "chg",
    "成交量": "volume",
    "成交额": "amount",
    "最高": "high",
    "最低": "low",
    "今开": "open",
    "昨收": "previous_close",
    "换手率": "turnover",
    "市盈率-动态": "price_earnings",
    "市净率": "price_book",
    "总市值": "market_value",
}
BAR_HEADINGS = {
    "日期": "date",
    "开盘": "open",
    "收盘": "close",
    "最高": "high",
    "最低": "low",
    "成交量": "volume",
    "成交额": "amount",
    "换手率": "turnover",
}


def quotes(_client, _wanted):
    """Return the quotes of all A-shares."""
    akshare = installed("akshare")
    with outside("akshare"):
        listed = akshare.stock_zh_a_spot_em().to_dict("records")
    found = Quotes()
    for line, item in enumerate(listed, 1):
        values = renamed(item, QUOTE_HEADINGS)
        code = str(item.get("代码", ""))
        market = derive_market(code)
        if market not in MARKETS:
            raise Refused(f"akshare lists {code[:12]}, which is no A-share.")
        found.rows.append(quote_row(line, code, market, str(item["名称"]), values))
    return found


def renamed(item, headings):
    """Return the values of a record by our names, the volume in shares."""
    if not headings.keys() <= item.keys():
        missing = ", ".join(headings.keys() - item.keys())
        raise Refused(f"akshare's table has no {missing}.")
    values = {name: item[heading] for heading, name in headings.items()}
    values["volume"] = share_count(values["volume"], LOT)
    return values


def bars(_client, code, market, since):
    """Return the daily history of a stock, from a day on or all of it."""
    akshare = installed("akshare")
    start = {"start_date": since.strftime("%Y%m%d")} if since else {}
    with outside("akshare"):
        days, adjusted = (
            akshare.stock_zh_a_hist(symbol=code, period="daily", adjust=way, **start).to_dict(
                "records"
            )
            for way in ("", "qfq")
        )
    closes = {day["日期"]: day["收盘"] for day in adjusted if day["收盘"] > 0}
    rows = []
    for line, day in enumerate(days, 1):
        values = renamed(day, BAR_HEADINGS)
        values["adjusted_close"] = closes.get(day["日期"])
        rows.append(Row(line, {"code": code, "market": market, **values}))
    return rows
