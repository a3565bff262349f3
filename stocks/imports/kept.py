"""What an import wrote, kept so that it can be undone."""

import json
import zlib
from datetime import timedelta

import brotli
from django.utils import timezone

from ..models import DataImport, ImportBatch

# A schedule makes thousands of imports a month; what it takes to undo the old ones goes.
KEPT_OF_A_SOURCE = 30
KEPT_FOR = timedelta(days=90)
# Between the values of a column: no value has it.
BETWEEN = "\0"
# Before what brotli compressed, in a third of zlib's time; what zlib compressed begins with an x.
BROTLI = b"\0"


def pack(*, model, new=None, changed=(), derived=False):
    """Return what a batch writes into the table of a model, "stock" or "bar", as bytes.

    `new` are the inserted rows as columns by the name of the field, `changed` has for each row
    its key and (before, after) by the name of the field. What is `derived` from bars is undone
    without asking whether it was changed since; it has every stock with bars in the import.

    A line of JSON comes first, and then all values of the columns, one column after the other.
    """
    new = new or {}
    content = {"model": model, "new": list(new), "changed": changed, "derived": derived}
    columns = BETWEEN.join(map(packed, new.values()))
    return f"{json.dumps(content, default=str)}\n{columns}".encode()


def packed(column):
    """Return the values of a column as one text."""
    try:
        return BETWEEN.join(column)
    except TypeError:
        return BETWEEN.join(["" if value is None else str(value) for value in column])


def compress(packed):
    """Return what was packed as it is stored."""
    return BROTLI + brotli.compress(packed, quality=0)


def decompress(stored):
    """Return what was packed; earlier imports compressed it by zlib."""
    stored = bytes(stored)
    if stored.startswith(BROTLI):
        return brotli.decompress(stored[len(BROTLI) :])
    return zlib.decompress(stored)


def unpack(batch):
    """Return what `pack` was given; in the columns an empty text stands for none."""
    line, _break, columns = decompress(batch.changes).decode().partition("\n")
    content = json.loads(line)
    if isinstance(content["new"], dict):  # kept when the columns were still within the JSON
        content["new"] = {name: text.split(BETWEEN) for name, text in content["new"].items()}
        return content
    values, names = columns.split(BETWEEN), content["new"]
    rows = len(values) // max(1, len(names))
    starts = range(0, len(values), rows)
    columns = [values[start : start + rows] for start in starts] if names else []
    content["new"] = dict(zip(names, columns, strict=True))
    return content


def keep(record, packed):
    """Keep what was packed, with the record of the import."""
    ImportBatch.objects.create(data_import=record, changes=compress(packed))


def rewrite(batch, content):
    """Keep other content, as `unpack` gives it, in place of what a batch had."""
    batch.changes = compress(pack(**content))
    batch.save(update_fields=["changes"])


def forget_old(record):
    """Drop what would undo imports that are old, or followed by many of the same source."""
    same = DataImport.objects.filter(kind=record.kind, source=record.source)
    last = same.values_list("pk", flat=True)[KEPT_OF_A_SOURCE - 1 : KEPT_OF_A_SOURCE].first()
    if last is not None:
        older = same.filter(pk__lt=last)
        ImportBatch.objects.filter(data_import__in=older).delete()
    before = timezone.now() - KEPT_FOR
    ImportBatch.objects.filter(data_import__made_at__lt=before).delete()
