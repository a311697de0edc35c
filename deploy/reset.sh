#!/bin/sh
# Removes the portal's data folder, unless the portal is using it or it isn't one.
set -eu

data=$1

if [ ! -e "$data" ]; then
    exit 0
fi
if [ ! -e "$data/portal.db" ] && [ ! -e "$data/queue.db" ] && [ ! -e "$data/outbox" ] && [ "$data" != var ]; then
    echo "$data does not look like a folder of the portal's; nothing was removed." >&2
    exit 1
fi
pid=$(cat "$data/run/portal.pid" 2>/dev/null || true)
if [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; then
    # After a crash the number may belong to something else by now.
    command=$(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null || ps -o args= -p "$pid" 2>/dev/null || echo portal)
    case $command in
    *portal*)
        echo "The portal is running (process $pid). Stop it with Ctrl-C, then: make reset" >&2
        exit 1
        ;;
    esac
fi
rm -rf "$data"
