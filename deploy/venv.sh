#!/bin/sh
# Creates .venv with the given Python, or says in one sentence why it can't.
set -eu

python=$1

if ! command -v "$python" >/dev/null; then
    echo "Python 3.11 or newer is needed, and there is no $python here. Name yours: make PYTHON=/path/to/python3 …" >&2
    exit 1
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "Python 3.11 or newer is needed, and $python is $("$python" -V 2>&1). Name another: make PYTHON=python3.12 …" >&2
    exit 1
fi
if ! "$python" -m venv .venv >.venv.log 2>&1; then
    cat .venv.log >&2
    rm -rf .venv .venv.log
    echo "No environment could be made. On Debian and Ubuntu this helps: apt-get install python3-venv" >&2
    exit 1
fi
rm .venv.log
