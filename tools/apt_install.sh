#!/bin/sh
# Install Debian packages without a question: `apt_install.sh PACKAGE...`.
# Fails without a word where that cannot be done: no Debian, no root, no sudo.
command -v apt-get >/dev/null || exit 1
if [ "$(id -u)" -eq 0 ]; then
    as_root=
elif sudo -n true 2>/dev/null; then
    as_root="sudo -n"
elif [ -t 0 ] && command -v sudo >/dev/null; then
    as_root=sudo
else
    exit 1
fi

quietly() {
    $as_root env DEBIAN_FRONTEND=noninteractive "$@" >/dev/null 2>&1
}

install="apt-get install --yes --quiet --no-install-recommends"
quietly $install "$@" || { quietly apt-get update --quiet && quietly $install "$@"; }
