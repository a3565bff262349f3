"""What the sources send: recorded answers, and a whole market made in their forms."""

import json
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

# Recorded; the sources send the first two in GBK.
TENCENT = (
    'v_sh600519="1~贵州茅台~600519~1459.88~1459.44~1459.44~21064~10319~10746~1459.44~1~1459.40~1'
    "~1459.38~1~1459.37~10~1459.30~6~1459.88~3~1459.98~4~1459.99~19~1460.00~93~1460.02~1~"
    "~20260402161401~0.44~0.03~1464.88~1452.10~1459.88/21064/3071809846~21064~307181~0.17~20.31"
    "~~1464.88~1452.10~0.88~18281.64~18281.64~8.05~1605.38~1313.50~0.61~-101~1458.30~21.22~21.20"
    "~~~0.52~307180.9846~0.0000~0~ ~GP-A~6.01~4.19~3.54~35.02~30.58~1593.44~1322.01~0.48~4.35"
    "~4.13~1252270215~1252270215~-72.66~4.41~1252270215~~~-2.51~0.07~~CNY~0~___D__F__N~1459.00"
    '~17~";\n'
    'v_sz000858="51~五 粮 液~000858~70.83~71.83~71.61~257811~76794~180996~70.82~4~0.00~138~0.00~0'
    "~0.00~0~0.00~0~70.82~4~0.00~0~0.00~0~0.00~0~0.00~0~~20260902145700~-1.00~-1.39~71.76~70.81"
    "~70.83/257811/1833340752~257811~183334~0.66~21.01~~71.76~70.81~1.32~2749.28~2749.34~2.32"
    "~79.01~64.65~1.00~138~71.11~15.71~30.70~~~0.26~183334.0752~0.0000~0~ A~GP-A~-31.47~-1.49"
    "~7.28~11.04~7.26~126.34~67.94~-1.47~-6.19~-7.45~3881513391~3881608005~94.52~-35.49"
    '~3881513391~~~-42.60~-0.04~~CNY~0~~70.88~-70~";\n'
    'v_pv_none_match="1";\n'
)
SINA = (
    'var hq_str_sh600000="浦发银行,6.830,6.780,6.940,6.980,6.830,6.940,6.950,40237053,'
    "277525770.000,71208,6.940,278600,6.930,136200,6.920,133700,6.910,261400,6.900,283009,6.950,"
    '781217,6.960,817835,6.970,902872,6.980,1002106,6.990,2022-11-11,15:00:00,00,";\n'
    'var hq_str_sz160922="恒生中小,0.000,1.074,0.000,0.000,0.000,1.053,1.110,0,0.000,42000,1.053,'
    "7500,1.050,0,0.000,0,0.000,0,0.000,3100,1.110,100,1.130,2900,1.169,12000,1.170,0,0.000,"
    '2019-04-08,09:41:45,00";\n'
    'var hq_str_sz160923="";\n'
)
EASTMONEY = {
    "rc": 0,
    "data": {
        "total": 2,
        "diff": [
            {
                "f2": 1350.6,
                "f3": -0.82,
                "f4": -11.16,
                "f5": 737346,
                "f6": 5512800000.0,
                "f8": 0.44,
                "f10": 1.08,
                "f12": "600519",
                "f13": 1,
                "f14": "贵州茅台",
                "f15": 1368.0,
                "f16": 1340.0,
                "f17": 1362.0,
                "f18": 1361.76,
                "f20": 1688360000000.0,
            },
            {
                "f2": "-",
                "f3": "-",
                "f4": "-",
                "f5": 0,
                "f6": 0,
                "f12": "000001",
                "f13": 0,
                "f14": "平安银行",
                "f15": "-",
                "f16": "-",
                "f17": "-",
                "f18": 10.0,
            },
        ],
    },
}
STOOQ = (
    "Symbol,Date,Time,Open,High,Low,Close,Volume,Name\n"
    "AAPL.US,2023-11-27,22:00:13,189.92,190.67,188.9,189.79,30984740,APPLE\n"
)
STOOQ_DAYS = (
    "Date,Open,High,Low,Close,Volume\n"
    "2023-11-24,190.87,190.9,189.25,189.97,24048344\n"
    "2023-11-27,189.92,190.67,188.9,189.79,40552609\n"
)
HTML = b"<!DOCTYPE html><html><head><title>Checking your browser</title></head></html>"

SHANGHAI = ZoneInfo("Asia/Shanghai")
# How many stocks each market has, and the number of its first one.
SIZES = (("SH", 600000, 1700), ("SH", 688001, 600), ("SZ", 1, 1500), ("SZ", 300001, 1330))
BEIJING = ("BJ", 920001, 270)
CENT = Decimal("0.01")


class Quote:
    """A stock of the made market, in the form of each source."""

    def __init__(self, code, market, name, price, *, at=datetime(2026, 11, 20, 15, 0, 1)):  # noqa: DTZ001
        self.code, self.market, self.name = code, market, name
        self.price, self.at = Decimal(price), at
        self.before = (self.price * Decimal("0.98")).quantize(CENT) if self.price else Decimal(10)
        self.lots, self.industry = 1000 + int(code) % 9000, ""

    @property
    def traded(self):
        """Whether it has a price today."""
        return bool(self.price)

    @property
    def key(self):
        """Tencent's and Sina's name of it."""
        return f"{self.market.lower()}{self.code}"

    @property
    def change(self):
        """How far the price is from the previous close, in percent."""
        return ((self.price / self.before - 1) * 100).quantize(CENT)

    @property
    def amount(self):
        """What the trades cost, in CNY."""
        return int(self.lots * 100 * self.price)

    def tencent(self):
        """Return its line."""
        values = [""] * 88
        values[0:7] = "51", self.name, self.code, self.price, self.before, self.price, self.lots
        values[30] = f"{self.at:%Y%m%d%H%M%S}"
        values[31:35] = self.price - self.before, self.change, self.price, self.price
        values[37:40] = round(self.amount / 10_000), "1.25", "20.31"
        values[44:49] = "180.5", "200.25", "2.5", "11.00", "9.00"
        return f'v_{self.key}="{"~".join(map(str, values))}";\n'

    def sina(self):
        """Return its line."""
        price = self.price if self.traded else "0.000"
        values = [self.name, price, self.before, price, price, price, price, price]
        values += [self.lots * 100, self.amount, *["0"] * 20]
        values += [f"{self.at:%Y-%m-%d}", f"{self.at:%H:%M:%S}", "00", ""]
        return f'var hq_str_{self.key}="{",".join(map(str, values))}";\n'

    def eastmoney(self):
        """Return its item."""
        price = float(self.price) if self.traded else "-"
        return {
            "f2": price,
            "f3": float(self.change) if self.traded else "-",
            "f4": 0,
            "f5": self.lots if self.traded else 0,
            "f6": float(self.amount),
            "f8": 1.25,
            "f9": 20.31,
            "f12": self.code,
            "f13": 1 if self.market == "SH" else 0,
            "f14": self.name,
            "f15": price,
            "f16": price,
            "f17": price,
            "f18": float(self.before),
            "f20": 20025000000.0,
            "f23": 2.5,
            "f124": int(self.at.replace(tzinfo=SHANGHAI).timestamp()),
        }


def whole_market():
    """Return a market of 5,400 A-shares."""
    names = "金木水火土风云山石田"
    found = []
    for market, first, count in (*SIZES, BEIJING):
        for place in range(count):
            name = names[place % 10] + names[place // 10 % 10] + names[place // 100 % 10] + "股份"
            price = Decimal(300 + (place * 37) % 9000) / 100
            found.append(Quote(f"{first + place:06d}", market, name, price))
    return found


def eastmoney_page(stocks, total, *, numbered=False):
    """Return a page of Eastmoney's list; some have an object for the list."""
    items = [stock.eastmoney() for stock in stocks]
    diff = {str(place): item for place, item in enumerate(items)} if numbered else items
    return json.dumps({"rc": 0, "data": {"total": total, "diff": diff}}, ensure_ascii=False)


def kline(day, price, adjusted):
    """Return a day of Eastmoney's history."""
    close = adjusted or price
    return f"{day},{close},{close},{close},{close},1000,{price * 100000:.2f},0.5,0.1,0.01,1.25"
