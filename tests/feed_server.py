"""A server of this machine that answers as the sources do, well or broken in each way known."""

import contextlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

from .feed_samples import HTML, eastmoney_page, kline

REFERER = "https://finance.sina.com.cn"


class FeedServer(ThreadingHTTPServer):
    """Serves `stocks` in the form of every source.

    `broken` maps the name of a source to what is wrong with it; `cap` is the most rows that a
    page of the list has, `days` the history as (day, close, adjusted close).
    """

    daemon_threads = True

    def __init__(self, stocks=()):
        super().__init__(("127.0.0.1", 0), Handler)
        self.stocks, self.days, self.broken = list(stocks), [], {}
        self.cap, self.numbered, self.total = 100_000, False, None
        self.requests, self.renumbered, self.texts = [], {}, {}

    def handle_error(self, request, client_address):
        """Keep quiet about clients that left."""

    def addresses(self):
        """Return the settings that lead the feeds here."""
        base = f"http://127.0.0.1:{self.server_port}"
        return {
            "tencent": f"{base}/tencent",
            "sina": f"{base}/sina/list=",
            "eastmoney": f"{base}/eastmoney",
            "eastmoney_history": f"{base}/eastmoney_history",
            "stooq": f"{base}/stooq",
            "stooq_history": f"{base}/stooq_history",
        }

    def asked(self, source):
        """Return how many requests a source got."""
        return sum(path.startswith(f"/{source}") for path in self.requests)


class Handler(BaseHTTPRequestHandler):
    """Answers a request as the source that its path names."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_arguments):
        """Keep quiet."""

    def do_GET(self):  # noqa: N802
        """Answer."""
        self.server.requests.append(self.path)
        parts = urlsplit(self.path)
        source = parts.path.split("/")[1]
        fault = self.server.broken.get(source, "")
        if callable(fault):
            fault = fault(self)
        if fault == "html":
            return self.send(HTML)
        if fault == "wrong bytes":
            return self.send(b'v_sh600519="\xff\xff";')
        if isinstance(fault, tuple):
            status, headers = fault
            return self.send(b"no", status, **headers)
        if source == "sina" and self.headers.get("Referer") != REFERER:
            return self.send(b"Kinsoku jikou desu!", 403)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        body = self.server.texts.get(source)
        if body is None:
            body = getattr(self, source)(query, parts.path)
        if isinstance(body, str):
            body = body.encode("gb18030" if source in ("tencent", "sina") else "utf-8")
        if fault == "truncated":
            body = body[: len(body) * 2 // 3]
        return self.send(body, drip=fault == "slow", broken_off=fault == "broken off")

    def send(self, body, status=200, *, drip=False, broken_off=False, **headers):
        """Send an answer; in drips, or less of it than announced."""
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=GBK")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if broken_off:
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
            return
        step = 1 if drip else len(body) or 1
        for place in range(0, len(body), step):
            self.wfile.write(body[place : place + step])
            time.sleep(0.05 if drip else 0)

    def found(self, keys):
        """Return the stocks that Tencent's and Sina's names stand for, None for unknown ones."""
        stocks = {stock.key: stock for stock in self.server.stocks}
        return [(key, stocks.get(key)) for key in keys]

    def tencent(self, query, _path):
        """Return Tencent's lines."""
        lines = []
        for key, stock in self.found(query["q"].split(",")):
            if key in self.server.renumbered:
                stock = self.server.renumbered[key]
                lines.append(stock.tencent().replace(f"v_{stock.key}=", f"v_{key}=", 1))
            elif stock:
                lines.append(stock.tencent())
        if self.server.broken.get("tencent") == "short":
            lines = lines[: len(lines) // 2]
        return "".join(lines) or 'v_pv_none_match="1";\n'

    def sina(self, _query, path):
        """Return Sina's lines."""
        keys = unquote(path).partition("list=")[2].split(",")
        lines = [
            stock.sina() if stock else f'var hq_str_{key}="";\n' for key, stock in self.found(keys)
        ]
        if self.server.broken.get("sina") == "short":
            lines = lines[: len(lines) // 2]
        return "".join(lines)

    def eastmoney(self, query, _path):
        """Return a page of Eastmoney's list."""
        size = min(int(query["pz"]), self.server.cap)
        start = (int(query["pn"]) - 1) * size
        stocks = self.server.stocks[start : start + size]
        last = start + size >= len(self.server.stocks)
        if last and self.server.broken.get("eastmoney") == "short":
            stocks = stocks[:-1]
        total = self.server.total or len(self.server.stocks)
        return eastmoney_page(stocks, total, numbered=self.server.numbered)

    def eastmoney_history(self, query, _path):
        """Return Eastmoney's history of a stock."""
        adjusted = query["fqt"] == "1"
        days = [
            kline(day, price, close if adjusted else None)
            for day, price, close in self.server.days
            if day.replace("-", "") >= query["beg"]
        ]
        code = query["secid"].partition(".")[2]
        return json.dumps({"data": {"code": code, "klines": days}})

    def stooq(self, _query, _path):
        """Stooq's answers are given as `texts`."""
        raise LookupError("no answer of Stooq's in `texts`")

    def stooq_history(self, query, _path):
        """Return Stooq's history of a stock, whose prices are the adjusted ones."""
        lines = [
            f"{day},{close},{close},{close},{close},1000"
            for day, _price, close in self.server.days
            if day.replace("-", "") >= query.get("d1", "")
        ]
        return "\n".join(["Date,Open,High,Low,Close,Volume", *lines])


@contextlib.contextmanager
def serving_feeds(stocks=()):
    """Run a server of feeds in a thread."""
    server = FeedServer(stocks)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
