"""The gzip form of a page, joined from parts that were compressed before.

Compressed data may change hands at any whole byte, where a flush ends a segment (RFC 1951, 3.2):
texts that many pages share are compressed once, and between them stands as it is what is in one
page alone. What gzip wants at the end (RFC 1952) is put together from the segments too: the CRC-32
of a page depends on the CRC-32 of what stands before a segment by a linear map over the bits.
"""

import struct
from array import array
from dataclasses import dataclass
from itertools import chain
from zlib import Z_SYNC_FLUSH, compressobj, crc32

LEVEL, RAW = 9, -15
# Of the CRC-32, its highest power first.
POLYNOMIAL = 0xEDB88320
# Deflate, no name, no time, no system.
HEADER = bytes([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255])
# An empty last block.
END = bytes([3, 0])
STORED, CHECKS = struct.Struct("<BHH"), struct.Struct("<LL")


@dataclass(frozen=True, slots=True)
class Segment:
    """A text, compressed: with its length, its CRC-32 and what it makes of the CRC-32 before it.

    That is said for every four bits: `shift` has what each of their 16 values adds.
    """

    data: bytes
    length: int
    crc: int
    shift: array

    @classmethod
    def of(cls, text, before=b""):
        """Compress a text that has `before` before it in every page."""
        packer = compressobj(LEVEL, wbits=RAW, zdict=before)
        data = packer.compress(text) + packer.flush(Z_SYNC_FLUSH)
        return cls(data, len(text), crc32(text), shift_by(text))

    def crc_after(self, crc):
        """Return the CRC-32 of what has `crc` with this text after it."""
        shift = self.shift
        return (
            self.crc
            ^ shift[crc & 15]
            ^ shift[16 + (crc >> 4 & 15)]
            ^ shift[32 + (crc >> 8 & 15)]
            ^ shift[48 + (crc >> 12 & 15)]
            ^ shift[64 + (crc >> 16 & 15)]
            ^ shift[80 + (crc >> 20 & 15)]
            ^ shift[96 + (crc >> 24 & 15)]
            ^ shift[112 + (crc >> 28)]
        )


def shift_by(text):
    """Return what each four bits of the CRC-32 before a text add to the one after it.

    What the highest bit adds is asked for; each other bit adds what the one above it does, times x.
    """
    bits = [crc32(text, 1 << 31) ^ crc32(text)]
    for _bit in range(31):
        bits.append(bits[-1] >> 1 ^ (POLYNOMIAL if bits[-1] & 1 else 0))
    bits.reverse()
    shift = array("I")
    for four in range(0, 32, 4):
        added = [0]
        for one in bits[four : four + 4]:
            added += [one ^ other for other in added]
        shift.extend(added)
    return shift


def stored(text):
    """Return a text of up to 65,535 bytes as a block that is not compressed."""
    return STORED.pack(0, len(text), len(text) ^ 0xFFFF) + text


def joined(parts):
    """Return what consists of segments and of texts as they are, in gzip."""
    crc, length, data = 0, 0, [HEADER]
    for part in parts:
        if isinstance(part, bytes):
            data.append(stored(part))
            crc, length = crc32(part, crc), length + len(part)
        else:
            data.append(part.data)
            crc, length = part.crc_after(crc), length + part.length
    return b"".join(chain(data, (END, CHECKS.pack(crc, length % 2**32))))
