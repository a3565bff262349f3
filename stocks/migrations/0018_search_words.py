"""The stocks that are there are found by their words."""

from django.db import migrations, transaction

from stocks.models.search_word import AT_ONCE, TOLD_BY, insert
from stocks.pinyin import search_words


def fill(apps, schema_editor):
    """Write the words of every stock, some at a time; those of an interrupted run stay."""
    connection, last = schema_editor.connection, 0
    stocks = apps.get_model("stocks", "Stock").objects.using(connection.alias).order_by("pk")
    while some := stocks.filter(pk__gt=last).values_list("pk", *TOLD_BY)[:AT_ONCE]:
        with transaction.atomic(using=connection.alias):
            insert(connection, ((word, pk) for pk, *texts in some for word in search_words(*texts)))
        last = some[len(some) - 1][0]


class Migration(migrations.Migration):
    """The stocks that are there are found by their words."""

    dependencies = [("stocks", "0017_searchword")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]
