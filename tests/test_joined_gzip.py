"""What is joined from compressed parts unpacks to what they were."""

import gzip
import random
import zlib

import pytest

from stocks.joined_gzip import Segment, joined

CHANCE = random.Random(1)
NOISE = CHANCE.randbytes(70_000)
TEXTS = [b"", b"a", b"<td>1.23</td>" * 500, NOISE, "全新好 🚀".encode(), bytes(40_000)]


def test_each_kind_of_part_is_there_where_it_was_put():
    for _count in range(100):
        texts = CHANCE.choices(TEXTS, k=CHANCE.randrange(8))
        parts = [
            text if len(text) < 2**16 and CHANCE.random() < 0.5 else Segment.of(text)
            for text in texts
        ]
        assert gzip.decompress(joined(parts)) == b"".join(texts)


def test_what_stands_before_is_referred_to():
    known = Segment.of(NOISE[:9000], before=NOISE[:9000])
    parts = [Segment.of(b"x"), b"own", Segment.of(NOISE[:9000]), known, Segment.of(b"y")]
    assert gzip.decompress(joined(parts)) == b"xown" + NOISE[:9000] * 2 + b"y"
    assert len(known.data) < 1000


def test_it_is_one_member_however_it_arrives():
    packed = joined([Segment.of(b"a" * 5000), b"own", Segment.of(b"b" * 5000)])
    for step in (1, 7, 1000):
        reader = zlib.decompressobj(wbits=31)
        chunks = (packed[at : at + step] for at in range(0, len(packed), step))
        assert b"".join(map(reader.decompress, chunks)) == b"a" * 5000 + b"own" + b"b" * 5000
        assert reader.eof
        assert not reader.unused_data


@pytest.mark.parametrize("crc", [0, 1, 0x80000000, 0xFFFFFFFF, 0x12345678])
def test_the_check_goes_on_from_any_other(crc):
    for text in TEXTS:
        assert Segment.of(text).crc_after(crc) == zlib.crc32(text, crc)
