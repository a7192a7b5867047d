#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Puts DuckDB's command-line program into .runtime/duckdb/ (or into the folder given as the only argument).
#
# The program comes out of the duckdb-cli wheel on the Python package index, one for each processor, and needs no Python; the
# wheel's SHA-256 must be the one in duckdb.sha256. Running this again is quick.

set -euo pipefail

readonly version=1.5.6
readonly scripts="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
readonly target="${1:-$(dirname "$scripts")/.runtime/duckdb}"

fail() {
    echo "setup-duckdb: $1" >&2
    [ $# -lt 2 ] || echo "setup-duckdb: $2" >&2
    exit 1
}

case "$(uname -s)-$(uname -m)" in
    Linux-x86_64) machine=x86_64 ;;
    Linux-aarch64 | Linux-arm64) machine=aarch64 ;;
    *) fail "no pinned DuckDB for $(uname -s) on $(uname -m)." \
        "Install DuckDB 1.4 or later yourself and start dhow with --duckdb PATH." ;;
esac

readonly wheel="duckdb_cli-$version-py3-none-manylinux_2_17_$machine.manylinux2014_$machine.whl"
readonly pin="$(grep -F "  $wheel" "$scripts/duckdb.sha256" || true)"
[ -n "$pin" ] || fail "$wheel has no line in scripts/duckdb.sha256."

# The record holds the pin and the checksums of the files that came out of that wheel.
if [ -f "$target/PIN" ] && [ "$(cat "$target/PIN")" = "$pin" ] && (cd "$target" && sha256sum --check --quiet --strict SHA256SUMS) >/dev/null 2>&1; then
    echo "DuckDB $version is in $target"
    exit 0
fi

command -v python3 >/dev/null || fail "python3 is missing." "Install Python 3.9 or later with pip; only this script needs it."
python3 -m pip --version >/dev/null 2>&1 || fail "python3 has no pip." "Install it, for example: apt-get install python3-pip"

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m pip --disable-pip-version-check download --quiet --no-deps --only-binary=:all: --platform "manylinux_2_17_$machine" \
    --dest "$work" "duckdb-cli==$version" ||
    fail "could not download $wheel from the Python package index." \
        "Check the network or the index (PIP_INDEX_URL), or start dhow with --duckdb PATH."
(cd "$work" && echo "$pin" | sha256sum --check --quiet --strict) >&2 ||
    fail "$wheel does not have the SHA-256 in scripts/duckdb.sha256; nothing was installed."

mkdir "$work/new"
python3 - "$work/$wheel" "$work/new/duckdb" <<'PYTHON'
import sys, zipfile

with zipfile.ZipFile(sys.argv[1]) as wheel, open(sys.argv[2], "wb") as program:
    program.write(wheel.read("duckdb_cli/duckdb"))
PYTHON
chmod 755 "$work/new/duckdb"
(cd "$work/new" && sha256sum -- * >"$work/SHA256SUMS")

# The record is written last, so that an interrupted run is repeated. The program is replaced by rename: one that runs keeps its own.
mkdir -p "$target"
rm -f "$target/PIN"
cp "$work/new/duckdb" "$target/.duckdb.new"
mv -f "$target/.duckdb.new" "$target/duckdb"
cp "$work/SHA256SUMS" "$target/SHA256SUMS"
echo "$pin" >"$target/PIN"
echo "DuckDB $version installed in $target"
