"""The tables of the old site: how they are recognised and read."""

INFO, FOCUS = "info", "focus"
# What is taken of each table.
COLUMNS = {
    INFO: ("id", "code", "short", "chg", "turnover", "price", "highs", "time"),
    FOCUS: ("id", "note_info", "info_id"),
}
# How one version of the old site spelt a column.
OTHER_SPELLINGS = {"highs": "hights"}


def names_of(connection, query, *parameters):
    """Return the first column of a query on the server's catalogue."""
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return [name for (name, *_rest) in cursor.fetchall()]


def table_names(connection):
    """Return the names of the database's tables, views left out."""
    return set(connection.introspection.table_names())


def view_names(connection):
    """Return the names of the database's views."""
    query = "SELECT table_name FROM information_schema.views WHERE table_schema = DATABASE()"
    return sorted(names_of(connection, query))


def column_names(connection, table):
    """Return the names of a table's columns in small letters, none for a table that is not there.

    The server takes column names in any case.
    """
    query = (
        "SELECT column_name FROM information_schema.columns "
        "WHERE table_schema = DATABASE() AND table_name = %s ORDER BY ordinal_position"
    )
    return [name.lower() for name in names_of(connection, query, table)]


def is_old_info(connection, table=INFO):
    """Return whether a table holds the old site's stocks: codes, and no markets."""
    columns = column_names(connection, table)
    return "code" in columns and "market" not in columns


def sources(connection, table, wanted):
    """Return which column of an old table gives each of the `wanted` ones that it has."""
    there = column_names(connection, table)
    found = {}
    for name in wanted:
        spellings = [name, OTHER_SPELLINGS.get(name)]
        source = next((spelling for spelling in spellings if spelling in there), None)
        if source:
            found[name] = source
    return found


def read_rows(connection, table, wanted):
    """Return the rows of an old table in the order of their ids, as dicts of texts.

    Texts, because a date such as 0000-00-00 cannot be read as one; None stands for NULL and
    for a column that is not there. The ids are numbers.
    """
    found = sources(connection, table, wanted)
    quote = connection.ops.quote_name
    values = ", ".join(f"CAST({quote(source)} AS CHAR)" for source in found.values())
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {values} FROM {quote(table)} ORDER BY id")  # noqa: S608
        rows = [dict.fromkeys(wanted) | dict(zip(found, row, strict=True)) for row in cursor]
    for row in rows:
        row["id"] = int(row["id"])
    return rows
