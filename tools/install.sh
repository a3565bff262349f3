#!/bin/sh
# Make .venv with what requirements.txt names. mysqlclient is compiled, which takes headers:
# they are installed when missing; where that cannot be done the site runs on SQLite without it.
cd "$(dirname "$0")/.." || exit 1
PYTHON=${PYTHON:-python3}
PACKAGES="libmariadb-dev pkg-config gcc python3-dev"
pip=".venv/bin/python -m pip install --quiet --disable-pip-version-check"

can_compile() {
    command -v gcc >/dev/null && command -v pkg-config >/dev/null || return 1
    for name in libmariadb mariadb mysqlclient; do
        pkg-config --exists "$name" && found=yes
    done
    [ "$found" ] && .venv/bin/python - <<'PYTHON'
import pathlib, sys, sysconfig
sys.exit(not pathlib.Path(sysconfig.get_path("include"), "Python.h").is_file())
PYTHON
}

say_without_mysqlclient() {
    echo "$1, so the site runs on SQLite without mysqlclient; for MariaDB: apt install $PACKAGES, then make install." >&2
}

if ! .venv/bin/python -c "import pip" 2>/dev/null; then
    echo "Making .venv."
    "$PYTHON" -c "import venv, ensurepip" 2>/dev/null || sh tools/apt_install.sh python3-venv || {
        echo "Python's venv is missing: apt install python3-venv, then try again." >&2
        exit 1
    }
    "$PYTHON" -m venv .venv || exit 1
fi

echo "Installing what requirements.txt names."
# mysqlclient comes last and alone: when it fails, the rest is there already.
rest=$(grep -Ev '^ *(#|-r|mysqlclient|$)' requirements.txt)
$pip $rest -r requirements-site.txt || exit 1
if .venv/bin/python -c "import MySQLdb" 2>/dev/null || can_compile || {
    echo "Installing the headers of mysqlclient: $PACKAGES."
    sh tools/apt_install.sh $PACKAGES
}; then
    $pip -r requirements.txt >.venv/mysqlclient.log 2>&1 ||
        say_without_mysqlclient "mysqlclient could not be built (see .venv/mysqlclient.log)"
else
    say_without_mysqlclient "The headers of mysqlclient could not be installed"
fi
touch .venv/installed
