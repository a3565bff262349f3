"""What an import wrote, kept so that it can be undone."""

import json
import zlib
from datetime import timedelta

from django.utils import timezone

from ..models import DataImport, ImportBatch

# A schedule makes thousands of imports a month; what it takes to undo the old ones goes.
KEPT_OF_A_SOURCE = 30
KEPT_FOR = timedelta(days=90)
# Between the values of a column: no value has it.
BETWEEN = "\0"


def pack(*, model, new=None, changed=(), derived=False):
    """Return what a batch wrote into the table of a model, "stock" or "bar", as compressed JSON.

    `new` are the inserted rows as columns by the name of the field, `changed` has for each row
    its key and (before, after) by the name of the field. What is `derived` from bars is undone
    without asking whether it was changed since.
    """
    columns = {name: packed(column) for name, column in (new or {}).items()}
    content = {"model": model, "new": columns, "changed": changed, "derived": derived}
    return zlib.compress(json.dumps(content, default=str).encode(), 1)


def packed(column):
    """Return the values of a column as one text."""
    if None in column:
        column = ["" if value is None else value for value in column]
    return BETWEEN.join(map(str, column))


def unpack(batch):
    """Return what `pack` was given; in the columns an empty text stands for none."""
    content = json.loads(zlib.decompress(batch.changes))
    content["new"] = {name: text.split(BETWEEN) for name, text in content["new"].items()}
    return content


def forget_old(record):
    """Drop what would undo imports that are old, or followed by many of the same source."""
    same = DataImport.objects.filter(kind=record.kind, source=record.source)
    last = same.values_list("pk", flat=True)[KEPT_OF_A_SOURCE - 1 : KEPT_OF_A_SOURCE].first()
    if last is not None:
        older = same.filter(pk__lt=last)
        ImportBatch.objects.filter(data_import__in=older).delete()
    before = timezone.now() - KEPT_FOR
    ImportBatch.objects.filter(data_import__made_at__lt=before).delete()
