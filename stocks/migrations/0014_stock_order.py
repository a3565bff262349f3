"""Every order of the table comes from an index, however many stocks there are."""

from django.db import migrations, models

FIELDS = (
    *("chg", "turnover", "price", "highs", "time", "distance", "previous_close", "open", "high"),
    *("low", "volume", "amount", "price_earnings", "price_book", "market_value", "quote_time"),
    *("source", "status"),
)


def add(_apps, schema_editor):
    """Add the indexes, on MariaDB in one statement, which is done as a whole or not at all.

    Those that are there were made before an interruption.
    """
    quote, connection = schema_editor.quote_name, schema_editor.connection
    with connection.cursor() as cursor:
        there = connection.introspection.get_constraints(cursor, "info")
    lacking = [name for name in FIELDS if f"info_{name}" not in there]
    parts = [f"INDEX {quote(f'info_{name}')} %s({quote(name)})" for name in lacking]
    if not parts:
        return
    if connection.vendor == "mysql":
        every = ", ".join(f"ADD {part % ''}" for part in parts)
        schema_editor.execute(f"ALTER TABLE info {every}")
        return
    for part in parts:
        schema_editor.execute(f"CREATE {part % 'ON info '}")


def remove(_apps, schema_editor):
    """Take them out again."""
    quote = schema_editor.quote_name
    names = [quote(f"info_{name}") for name in FIELDS]
    if schema_editor.connection.vendor == "mysql":
        schema_editor.execute("ALTER TABLE info " + ", ".join(f"DROP INDEX {n}" for n in names))
        return
    for name in names:
        schema_editor.execute(f"DROP INDEX {name}")


class Migration(migrations.Migration):
    """Every order of the table comes from an index, however many stocks there are."""

    dependencies = [("stocks", "0013_datachange")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(add, remove)],
            state_operations=[
                migrations.AddIndex("stock", models.Index(fields=[name], name=f"info_{name}"))
                for name in FIELDS
            ],
        ),
    ]
