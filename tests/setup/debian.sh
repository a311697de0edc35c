#!/bin/sh
# Makes sure that the servers and the browser which the tests use are installed. Says nothing when they are.
set -eu

has() { command -v "$1" >/dev/null; }
has_any() { for name; do if has "$name"; then return 0; fi; done; return 1; }
has_postgres() { for file in /usr/lib/postgresql/*/bin/initdb; do [ -x "$file" ] && return 0; done; has initdb; }

missing=
has_postgres || missing="$missing postgresql"
has_any redis-server valkey-server || missing="$missing redis-server"
has_any chromium chromium-browser google-chrome || missing="$missing chromium"
has node || missing="$missing nodejs"
has npm || missing="$missing npm"

if [ -n "$missing" ]; then
    if [ "$(id -u)" = 0 ] && has apt-get; then
        echo "Installing what the tests need from Debian:$missing …"
        apt-get update -qq
        # shellcheck disable=SC2086  # a list of words
        DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $missing >/dev/null
    else
        echo "The tests need programs that are not here. Run: sudo apt-get install$missing" >&2
        exit 1
    fi
fi

if ! node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 20 ? 1 : 0)'; then
    echo "The tests need Node.js 20 or newer, and this is $(node --version): https://nodejs.org" >&2
    exit 1
fi
