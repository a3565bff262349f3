#!/usr/bin/env python
"""Run one of the site's commands: `python manage.py help` lists them."""

import os
import signal
import sys


def main():
    """Run the command that the command line names; a wrong setting ends it in one line."""
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stocksite.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"stocksite: {error}")


if __name__ == "__main__":
    if sys.argv[1:2] in (["prepare"], ["serve"]):
        # Ctrl-C just ends what is still starting; as an exception it can get lost in an import.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    main()
