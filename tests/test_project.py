"""What holds for the project as a whole: its migrations and its rows."""

import json

from django.conf import settings
from django.core.management import call_command


def test_models_and_migrations_agree(db):
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_fixture_is_loaded_twice_and_given_back_equal(db, tmp_path):
    call_command("loaddata", "info", verbosity=0)
    call_command("loaddata", "info", verbosity=0)
    dumped = tmp_path / "info.json"
    call_command("dumpdata", "stocks.stock", output=str(dumped), verbosity=0)
    fixture = settings.BASE_DIR / "fixtures" / "info.json"
    rows = json.loads(fixture.read_text(encoding="utf-8"))
    assert len(rows) == 94
    assert json.loads(dumped.read_text(encoding="utf-8")) == rows
