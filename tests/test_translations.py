"""Every string of the site has its Chinese, and the compiled catalogue is the written one."""

import gettext
import re
import shutil
import subprocess
import sys

import pytest
from django.conf import settings

CATALOGUE = "locale/zh_Hans/LC_MESSAGES/django.po"
NO_SOURCE = (".*", "var", "tests", "fixtures", "node_modules", "__pycache__")


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """The catalogue of a copy of the project, its messages collected again from the source."""
    copy = tmp_path_factory.mktemp("copy") / "site"
    shutil.copytree(settings.BASE_DIR, copy, ignore=shutil.ignore_patterns(*NO_SOURCE))
    command = ["manage.py", "makemessages", "--settings=stocksite.settings", "--locale=zh_Hans"]
    done = subprocess.run(
        [sys.executable, *command], cwd=copy, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return copy / CATALOGUE


def messages(catalogue, which):
    """Return the ids of the messages that gettext's msgattrib picks by `which`."""
    command = ["msgattrib", which, "--no-wrap", "--force-po", str(catalogue)]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = re.findall(r'^(?:#~ )?msgid ((?:(?:\n(?:#~ )?)?".*")+)', text, re.MULTILINE)
    return [message for message in found if message != '""']


@pytest.mark.parametrize("which", ["--untranslated", "--only-fuzzy", "--only-obsolete"])
def test_every_message_is_translated_and_in_use(which, fresh):
    assert messages(fresh, which) == []
    assert len(messages(fresh, "--translated")) > 100


def test_every_translation_keeps_the_placeholders(fresh, tmp_path):
    command = ["msgfmt", "--check-format", f"--output-file={tmp_path / 'django.mo'}", str(fresh)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_compiled_catalogue_is_the_written_one(tmp_path):
    written = settings.BASE_DIR / CATALOGUE
    compiled = tmp_path / "django.mo"
    subprocess.run(["msgfmt", f"--output-file={compiled}", str(written)], check=True)
    assert catalogue_of(written.with_suffix(".mo")) == catalogue_of(compiled)


def catalogue_of(path):
    """Return the messages of a compiled catalogue."""
    with path.open("rb") as file:
        return gettext.GNUTranslations(file)._catalog
