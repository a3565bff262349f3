"""Keys that let a Chinese name be found by what a Latin keyboard types."""

import re
import unicodedata

# Names are short; what lies beyond this many characters is not looked for by pinyin.
LONGEST = 16
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
