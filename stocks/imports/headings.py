"""What the headings of a file mean: fields, and the unit of their numbers.

A heading is understood when it is the name of a field, a column's heading in either language,
or one of the column's `aliases`; capitals, spaces and full-width signs do not matter. A unit in
brackets counts: 成交量(手) and volume (lots) are in lots of a hundred shares, 总市值(亿) in
hundreds of millions.

A plain 成交量 or volume is in shares, with one exception. The tables of akshare, which are told
by their 振幅 beside 涨跌额, have it in lots for the stocks of Shanghai, Shenzhen and Beijing. So
have Tongdaxin's, which call it 总量.
"""

import re
import unicodedata
from functools import cache

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from .. import columns
from . import Refused
from .bars import FIELDS as BAR_FIELDS
from .bars import REQUIRED
from .quotes import FIELDS as QUOTE_FIELDS

QUOTES, BARS = "quotes", "bars"
FIELDS = {
    QUOTES: ("code", "market", *QUOTE_FIELDS),
    BARS: ("code", "market", "date", *BAR_FIELDS),
}
NEEDED = {QUOTES: ("code",), BARS: ("code", *REQUIRED)}
# What no column is for.
OTHER_ALIASES = {
    "market": ("市场", "交易所", "exchange"),
    "date": ("日期", "交易日期", "时间", "trade_date"),
    "close": ("收盘", "收盘价"),
    "adjusted_close": ("adj close", "复权收盘", "复权收盘价", "后复权价", "前复权价"),
}
UNITS = {"手": 2, "lots": 2, "万": 4, "万元": 4, "万股": 4, "亿": 8, "亿元": 8, "亿股": 8}
NO_UNITS = {"元", "股", "%", "shares", "港元", "美元", "cny", "usd", "hkd"}
WITH_UNIT = re.compile(r"(.+)[(\[](.+)[)\]]")
LOTS = 2
IN_LOTS = {"总量", "总手"}
AKSHARE = {"振幅", "涨跌额"}
MOST = 500
LONGEST_LIST = 30


def plain(heading):
    """Return a heading as it is compared."""
    text = unicodedata.normalize("NFKC", str(heading)).casefold()
    return re.sub(r"[\s_\-*:]", "", text).removesuffix("%")


@cache
def words(kind):
    """Return which field each known heading means, compared as `plain` makes it."""
    known = {}
    for name in FIELDS[kind]:
        for alias in (name, *OTHER_ALIASES.get(name, ())):
            known.setdefault(plain(alias), name)
    declared = {c.name: c for c in vars(columns).values() if isinstance(c, columns.Column)}
    chosen = [declared[name] for name in FIELDS[kind] if name in declared]
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            for column in chosen:
                known.setdefault(plain(column.heading), column.name)
    for column in chosen:
        for alias in column.aliases:
            known.setdefault(plain(alias), column.name)
    return known


def meaning_of(heading, known):
    """Return (field, power of ten) of a heading, None where it says nothing about them."""
    word, tens = plain(heading), None
    found = WITH_UNIT.fullmatch(word)
    if found and word not in known and found[2] in UNITS.keys() | NO_UNITS:
        word, tens = found[1], UNITS.get(found[2], 0)
    if word in IN_LOTS and "volume" in known:
        word, tens = "volume", LOTS
    return known.get(word), tens


class Headings:
    """What the headings of one file mean.

    `fields` has for each heading its field, None for one that is passed over, `tens` by the field
    the power of ten of a unit, and `own` by the field the heading that says it without a mapping.
    `mapping` gives the field of headings, "" for none.
    """

    def __init__(self, kind, headings, mapping=None, fixed=()):
        self.kind = kind
        self.headings = [str(heading).strip() for heading in headings]
        self.mapping, self.tens, self.own = dict(mapping or {}), {}, {}
        if len(headings) > MOST:
            raise Refused(_("The first line has more than %(most)d headings.") % {"most": MOST})
        self.check_mapping()
        known = words(kind)
        self.fields = [self.meaning(heading, known) for heading in self.headings]
        self.check_doubled()
        missing = [name for name in NEEDED[kind] if name not in {*self.fields, *fixed}]
        if missing:
            raise Refused(self.missing(missing))

    def meaning(self, heading, known):
        """Return the field that a heading means, None for none."""
        if heading in self.mapping:
            return self.mapping[heading] or None
        name, tens = meaning_of(heading, known)
        if name in self.mapping.values():
            return None
        if name:
            self.own.setdefault(name, heading)
            if tens is not None:
                self.tens[name] = tens
        return name

    @property
    def lots_of_akshare(self):
        """Whether a volume without a unit is in lots for stocks of mainland China."""
        return AKSHARE.issubset(self.headings) and "volume" not in self.tens

    @property
    def marks(self):
        """The headings that say of another one in what its numbers are."""
        return sorted(AKSHARE) if self.lots_of_akshare else []

    def check_mapping(self):
        """Refuse a mapping from a heading that is not there, or to a field that does not exist."""
        for heading, name in self.mapping.items():
            if heading not in self.headings:
                raise Refused(
                    _("There is no heading “%(heading)s” to be mapped. The headings are: %(all)s.")
                    % {"heading": heading, "all": self.listed(self.headings)}
                )
            if name and name not in FIELDS[self.kind]:
                raise Refused(
                    _("“%(heading)s” cannot mean %(name)s. The fields are: %(all)s.")
                    % {"heading": heading, "name": name, "all": ", ".join(FIELDS[self.kind])}
                )

    def check_doubled(self):
        """Refuse two headings that mean the same field."""
        first = {}
        for heading, name in zip(self.headings, self.fields, strict=True):
            if first.get(name) == heading:
                text = _("Two headings are “%(heading)s”: take one away, or give it another name.")
                raise Refused(text % {"heading": heading})
            if name in first:
                raise Refused(
                    _(
                        "The headings “%(first)s” and “%(second)s” both mean %(name)s: take one "
                        "away, or say which one is passed over: %(second)s= (in a command with "
                        "--map)."
                    )
                    % {"first": first[name], "second": heading, "name": name}
                )
            if name:
                first[name] = heading

    def missing(self, names):
        """Say which fields have no heading."""
        return _(
            "There is no heading for %(names)s. The headings are: %(all)s. Say which of them it "
            "is: HEADING=%(name)s (in a command with --map)."
        ) % {
            "names": ", ".join(names),
            "name": names[0],
            "all": self.listed(self.headings),
        }

    @staticmethod
    def listed(headings):
        """Return headings as a message lists them."""
        several = [heading[:LONGEST_LIST] or "–" for heading in headings[:LONGEST_LIST]]
        return ", ".join(several + ["…"] * (len(headings) > LONGEST_LIST))

    @property
    def passed_over(self):
        """The headings that mean nothing here."""
        pairs = zip(self.headings, self.fields, strict=True)
        return [heading for heading, name in pairs if heading and name is None]
