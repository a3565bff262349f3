"""Numbers of a table that stand side by side, as one text that the database makes of them.

MariaDB has the decimals themselves. SQLite keeps floats: it writes them as decimals where each is
the float of just that decimal, and marks the other rows, for Django to make decimals of them.
"""

from django.db.models import Func, TextField
from django.db.models.expressions import Col

from .models.fields import DIGITS, ExactDecimalField

# What ends a number with so many places: before ";" all but two of its zeros are to go.
ENDS = {4: ";", 2: ",", 0: ","}
COMMAS = bytes.maketrans(b";\t", b",,")
MARK = "!"


def places_of(column):
    """Return how many decimal places a column of numbers has; None for whatever else."""
    field = column.output_field
    if not isinstance(column, Col):
        return None
    if isinstance(field, ExactDecimalField) and field.decimal_places in ENDS:
        return field.decimal_places
    return 0 if field.get_internal_type() == "BigIntegerField" else None


class Numbers(Func):
    """Columns of numbers as one text, each with its end."""

    output_field = TextField()

    def compiled(self, compiler):
        """Return the SQL and the decimal places of each column."""
        columns = self.get_source_expressions()
        return [(compiler.compile(column)[0], places_of(column)) for column in columns]

    def as_mysql(self, compiler, _connection, **_options):
        """Return the SQL and its parameters."""
        columns = self.compiled(compiler)
        cells = [f"IFNULL({sql}, ''), '{ENDS[places]}'" for sql, places in columns]
        return f"CONCAT({', '.join(cells)})", []

    def as_sqlite(self, compiler, _connection, **_options):
        """Return the SQL and its parameters."""
        columns, exact, written, values = self.compiled(compiler), ["TRUE"], "", []
        for sql, places in columns:
            if places:
                exact.append(f"round({sql} * 1e{places}) / 1e{places} IS {sql}")
                exact.append(f"ifnull(abs({sql}) < 1e{DIGITS - places}, TRUE)")
            written += f"%.{places}f{ENDS[places]}" if places else f"%s{ENDS[places]}"
            # It writes a zero for NULL, and for infinity what can be taken out again.
            values.append(f"ifnull({sql}, 9e999)" if places else sql)
        marked = MARK + "%s," * len(columns)
        stored = [sql for sql, _places in columns]
        return (
            f"CASE WHEN {' AND '.join(exact)} THEN printf(%s, {', '.join(values)})"
            f" ELSE printf(%s, {', '.join(stored)}) END",
            [written, marked],
        )


def read_numbers(texts, usual_texts):
    """Return the numbers of each row with commas between them, "" for none.

    `usual_texts` has a function for each that makes its text in a marked row.
    """
    lines = "\n".join([*texts, ""]).encode().replace(b"Inf", b"")
    lines = lines.replace(b"00;", b"\t").replace(b"0;", b";").translate(COMMAS)
    lines = lines.replace(b",\n", b"\n").decode()
    if MARK not in lines:
        return lines.split("\n")[:-1]
    return [
        usual_line(text, usual_texts) if text.startswith(MARK) else line
        for text, line in zip(texts, lines.split("\n")[:-1], strict=True)
    ]


def usual_line(text, usual_texts):
    """Return the numbers of a marked row."""
    cells = zip(usual_texts, text[len(MARK) : -1].split(","), strict=True)
    return ",".join(usual(cell) if cell else "" for usual, cell in cells)
