"""Keeping what an import wrote, and undoing it."""

import json
import zlib
from datetime import timedelta

from django.utils import timezone

from ..models import DataImport, ImportBatch

# A schedule makes thousands of imports a month; what it takes to undo the old ones goes.
KEPT_OF_A_SOURCE = 30
KEPT_FOR = timedelta(days=90)


def pack(names, new, changed):
    """Return what a batch wrote as compressed JSON.

    `new` has the inserted values as columns called `names`, the key first; `changed` has for
    each row its key and (before, after) by the name of the field.
    """
    text = json.dumps({"names": names, "new": new, "changed": changed}, default=str)
    return zlib.compress(text.encode(), 1)


def unpack(batch):
    """Return what `pack` was given."""
    return json.loads(zlib.decompress(batch.changes))


def forget_old(record):
    """Drop what would undo imports that are old, or followed by many of the same source."""
    same = DataImport.objects.filter(kind=record.kind, source=record.source)
    last = same.values_list("pk", flat=True)[KEPT_OF_A_SOURCE - 1 : KEPT_OF_A_SOURCE].first()
    if last is not None:
        older = same.filter(pk__lt=last)
        ImportBatch.objects.filter(data_import__in=older).delete()
    before = timezone.now() - KEPT_FOR
    ImportBatch.objects.filter(data_import__made_at__lt=before).delete()
