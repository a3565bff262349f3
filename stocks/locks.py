"""Locks that the processes of a site take by name, in MariaDB or MySQL."""

import contextlib

from django.db import Error


@contextlib.contextmanager
def named_lock(connection, name, patience):
    """Hold a lock of the connection's database; yield whether it was free within the seconds.

    SQLite has one writer anyway. What ended the work, a lost connection say, ended the lock too.
    """
    if connection.vendor != "mysql":
        yield True
        return
    name = f"{name} {connection.settings_dict['NAME']}"[:64]
    with connection.cursor() as cursor:
        cursor.execute("SELECT GET_LOCK(%s, %s)", [name, patience])
        free = cursor.fetchone() == (1,)
        try:
            yield free
        finally:
            if free:
                with contextlib.suppress(Error):
                    cursor.execute("SELECT RELEASE_LOCK(%s)", [name])
