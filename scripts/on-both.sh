#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs a command with a throw-away server on SQLite and, at the same time, with another on a throw-away Postgres; fails when either fails.
# The output of the first comes as it is written, that of the second after it.

set -euo pipefail

readonly scripts="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"

if [ $# -eq 0 ]; then
    echo "usage: on-both.sh COMMAND..." >&2
    exit 64
fi

output="$(mktemp "${TMPDIR:-/tmp}/dhow-on-postgres.XXXXXX")"
other=
remove() {
    [ -z "$other" ] || { kill "$other" 2>/dev/null && wait "$other" 2>/dev/null; } || true
    rm -f -- "$output"
}
trap remove EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

"$scripts/with-postgres.sh" sh -c 'DHOW_DATABASE="$DHOW_TEST_POSTGRES" exec "$@"' _ "$scripts/with-server.sh" "$@" >"$output" 2>&1 &
other=$!
status=0
echo "== on SQLite: $*"
"$scripts/with-server.sh" "$@" || status=$?
wait "$other" || status=$?
other=
echo "== on Postgres: $*"
cat "$output"
exit "$status"
