#!/usr/bin/env python
"""Run one of the site's commands: `python manage.py help` lists them."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line


def main():
    """Run the command that the command line names; a wrong setting ends it in one line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stocksite.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"stocksite: {error}")


if __name__ == "__main__":
    main()
