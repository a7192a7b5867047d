#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs a command with a throw-away Postgres whose URL is in DHOW_TEST_POSTGRES; removes it afterwards, whatever happened.
# With DHOW_TEST_POSTGRES already set, that database is used and none is started.

set -euo pipefail

readonly scripts="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"

if [ $# -eq 0 ]; then
    echo "usage: with-postgres.sh COMMAND..." >&2
    exit 64
fi

if [ -n "${DHOW_TEST_POSTGRES:-}" ]; then
    exec "$@"
fi

parent="$(mktemp -d "${TMPDIR:-/tmp}/dhow-postgres.XXXXXX")"
# Another user owns the cluster when root runs this, and has to reach it.
chmod 711 "$parent"

remove() {
    "$scripts/postgres-cluster.sh" stop "$parent/cluster" || true
    rm -rf -- "$parent"
}
trap remove EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

DHOW_TEST_POSTGRES="$("$scripts/postgres-cluster.sh" start "$parent/cluster")"
export DHOW_TEST_POSTGRES
"$@"
