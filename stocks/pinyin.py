"""Keys that let a stock be found, and a Chinese name by what a Latin keyboard types."""

import re
import unicodedata

# Names are short; what lies beyond this many characters is not looked for by pinyin.
LONGEST = 16
LONGEST_WORD = 255
ASCII = re.compile(r"[\x00-\x7f]*")
HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")


def search_form(text):
    """Return `text` as it is compared: full-width as plain, no spaces, no capitals."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def pinyin_keys(name):
    """Return the keys of a name, each after a space: full pinyin, then initials.

    A key starts at any character, so that 重庆百货 is found by ``chongqing``, ``baihuo``,
    ``cqbh`` and ``bh``. A character with several readings gives a key for each, one
    character at a time (``zqbh``); the usual reading of the whole name comes first, which
    makes the text an order by pinyin too. Latin letters stand for themselves.
    """
    plain = search_form(name)
    if not HAN.search(plain):
        return f" {plain}"
    plain = plain[:LONGEST]
    from pypinyin import Style, lazy_pinyin, pinyin  # takes 0.4 s, so only for a Han name

    usual = lazy_pinyin(plain, errors=list)
    readings = [usual]
    for place, character in enumerate(plain):
        for other in pinyin(character, style=Style.NORMAL, heteronym=True)[0]:
            if other != usual[place]:
                readings.append([*usual[:place], other, *usual[place + 1 :]])
    full = [("".join(reading[start:])) for reading in readings for start in range(len(plain))]
    initials = [
        "".join(syllable[:1] for syllable in reading[start:])
        for reading in readings
        for start in range(len(plain))
    ]
    return " " + " ".join(dict.fromkeys(full + initials))


def search_words(code, market, name, pinyin):
    """Return the words from whose start a stock with this search name and pinyin is found.

    Its symbol, with the point where the market is not known; the name from each character on;
    the keys of its pinyin, as far as a Latin keyboard types them. A word that another one
    starts with says nothing more.
    """
    keys = (ASCII.match(key)[0][:LONGEST_WORD] for key in pinyin.split(" "))
    symbol = search_form(f"{code}.{market}")
    found = {symbol, *(name[start:] for start in range(len(name))), *keys}
    words, longer = set(), ""
    for word in sorted(found, reverse=True):
        if not longer.startswith(word):
            words.add(word)
            longer = word
    return words
