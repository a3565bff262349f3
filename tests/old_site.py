"""The old site's databases, made anew: its tables, their variants and typical rows."""

import contextlib
import io
import json
import os
import re
import secrets
import subprocess
import sys

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.management import get_commands, load_command_class
from django.db import connections

INFO = """
CREATE TABLE info (
  id int(10) unsigned NOT NULL AUTO_INCREMENT,
  code varchar(6) NOT NULL COMMENT '股票代码',
  short varchar(10) NOT NULL COMMENT '股票简称',
  chg varchar(10) NOT NULL COMMENT '涨跌幅',
  turnover varchar(255) NOT NULL COMMENT '换手率',
  price decimal(10,2) NOT NULL COMMENT '最新价',
  highs decimal(10,2) NOT NULL COMMENT '前期高点',
  time date DEFAULT NULL COMMENT '前期高点日期',
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8
"""
WIDER_INFO = (
    INFO.replace("code varchar(6)", "code varchar(10)")
    .replace("short varchar(10)", "short varchar(20)")
    .replace("decimal(10,2)", "decimal(5,2)")
)
HIGHTS_INFO = INFO.replace("highs decimal", "hights decimal")
FOCUS = """
CREATE TABLE focus (
  id int(10) unsigned NOT NULL AUTO_INCREMENT,
  note_info varchar(200) DEFAULT '',
  info_id int(10) unsigned DEFAULT NULL,
  PRIMARY KEY (id),
  KEY info_id (info_id),
  CONSTRAINT focus_ibfk_1 FOREIGN KEY (info_id) REFERENCES info (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8
"""
FOCUS_WITHOUT_STOCK = """
CREATE TABLE focus (
  id int(10) unsigned NOT NULL AUTO_INCREMENT,
  note_info varchar(200) DEFAULT '',
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8
"""
VIEW = """
CREATE VIEW stock_center AS
SELECT code, short, chg, turnover, price, {highs}, note_info
FROM info JOIN focus ON focus.info_id = info.id
"""

ENTRIES = [("你确定要买这个？", 36), ("利好", 37), ("", 88), ("", 89), ("", 1)]


def real_rows():
    """Return the 94 rows as the old site kept them: percentages as text with two decimals."""
    path = settings.BASE_DIR / "fixtures" / "info.json"
    rows = []
    for row in json.loads(path.read_text(encoding="utf-8")):
        values = row["fields"]
        rows.append(
            (
                row["pk"],
                values["code"],
                values["short"],
                f"{values['chg']}%",
                f"{values['turnover']}%",
                values["price"],
                values["highs"],
                values["time"],
            )
        )
    return rows


def stock(pk, code, **values):
    """Return a row of `info`: an ordinary one but for the `values` given."""
    usual = {
        "short": "全新好",
        "chg": "10.01%",
        "turnover": "4.40%",
        "price": "16.05",
        "highs": "14.60",
        "time": "2017-07-18",
    }
    return (pk, code, *(usual | values).values())


class OldDatabase:
    """A database of the old site, the connection of somebody who looks on, and its commands."""

    def __init__(self, blocker):
        import MySQLdb  # not installed where only SQLite is

        self.blocker = blocker
        server = settings.DATABASES["default"]
        self.name = f"old_{secrets.token_hex(6)}"
        self.user, self.password = server["USER"], server["PASSWORD"]
        self.place = f"{server['HOST']}:{server['PORT']}"
        self.connection = MySQLdb.connect(
            host=server["HOST"],
            port=int(server["PORT"]),
            user=self.user,
            password=self.password,
            charset="utf8mb4",
            autocommit=True,
        )
        self.run("SET sql_mode = ''", f"CREATE DATABASE {self.name} CHARACTER SET utf8")
        self.run(f"USE {self.name}")

    def run(self, *statements):
        with self.connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def rows(self, query, *parameters):
        with self.connection.cursor() as cursor:
            cursor.execute(query, parameters)
            return list(cursor.fetchall())

    def value(self, query, *parameters):
        return self.rows(query, *parameters)[0][0]

    def fill(self, info, focus):
        """Insert rows of `info`, and pairs of a note and an info_id into `focus`."""
        with self.connection.cursor() as cursor:
            cursor.executemany(f"INSERT INTO info VALUES ({', '.join(['%s'] * 8)})", info)
            cursor.executemany("INSERT INTO focus (note_info, info_id) VALUES (%s, %s)", focus)

    def make_usual(self):
        """Make the usual tables with the real rows and the typical entries."""
        self.run(INFO, FOCUS)
        self.fill(real_rows(), ENTRIES)
        return self

    def start(self, *arguments):
        """Start a command of manage.py, or of Python with -c, on this database."""
        url = f"mysql://{self.user}:{self.password}@{self.place}/{self.name}"
        program = arguments if arguments[0] == "-c" else ("manage.py", *arguments)
        return subprocess.Popen(
            [sys.executable, *program],
            cwd=settings.BASE_DIR,
            env=os.environ | {"DATABASE_URL": url},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    @contextlib.contextmanager
    def in_place_of_the_sites(self):
        """Have the site work on this database."""
        usual = connections["default"]
        connections["default"] = other = usual.copy()
        other.settings_dict |= {"NAME": self.name, "USER": self.user, "PASSWORD": self.password}
        # Ids that are remembered are those of another database.
        ContentType.objects.clear_cache()
        try:
            with self.blocker.unblock():
                yield
        finally:
            ContentType.objects.clear_cache()
            connections["default"] = usual

    def call(self, *arguments):
        """Run a command of manage.py to its end; return its exit status, output and errors.

        It runs in this process, which has begun already: that takes half the time.
        """
        with (
            self.in_place_of_the_sites(),
            contextlib.redirect_stdout(io.StringIO()) as output,
            contextlib.redirect_stderr(io.StringIO()) as errors,
        ):
            name, status = arguments[0], 0
            try:
                load_command_class(get_commands()[name], name).run_from_argv(["", *arguments])
            except SystemExit as end:
                status = end.code
        return status, output.getvalue(), errors.getvalue()

    def adopt(self, *arguments):
        """Run adopt, which must succeed, and return what it says."""
        status, output, errors = self.call("adopt", *arguments)
        assert status == 0, output + errors
        return output

    def tables(self):
        return {name for name, kind in self.rows("SHOW FULL TABLES") if kind == "BASE TABLE"}

    def contents(self):
        """Return everything that two adoptions of the same rows must have in common."""
        found = {}
        for table in sorted(self.tables()):
            made = self.rows(f"SHOW CREATE TABLE {table}")[0][1]
            made = re.sub(r" AUTO_INCREMENT=\d+", "", made)
            # Their ids and times tell which run wrote them, and nothing else.
            query = {
                "django_migrations": "SELECT app, name FROM django_migrations ORDER BY 1, 2",
                "auth_permission": "SELECT app_label, model, codename FROM auth_permission p "
                "JOIN django_content_type t ON t.id = p.content_type_id ORDER BY 1, 2, 3",
                "auth_group_permissions": "SELECT COUNT(*) FROM auth_group_permissions",
                "django_content_type": "SELECT app_label, model FROM django_content_type "
                "ORDER BY 1, 2",
                "stocksite_adoption": "SELECT finished_at IS NULL, kept FROM stocksite_adoption",
            }.get(table, f"SELECT * FROM {table} ORDER BY 1")
            found[table] = (made, self.rows(query))
        return found

    def checksums(self):
        """Return what shows that nothing was changed."""
        charset = self.value("SELECT @@character_set_database")
        tables = self.rows("SHOW FULL TABLES")
        return self.checksums_of(*sorted(self.tables())), tables, charset

    def checksums_of(self, *tables):
        """Return the checksums of the rows of tables."""
        return [checksum for _name, checksum in self.rows(f"CHECKSUM TABLE {', '.join(tables)}")]

    def drop(self):
        self.run(f"DROP DATABASE {self.name}")
        self.connection.close()
