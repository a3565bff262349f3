"""One operation a migration: MariaDB cannot undo half of one."""
