#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Puts ONNX Runtime's shared library into .runtime/onnxruntime/ (or into the folder given as the only argument).
#
# The library comes out of the onnxruntime wheel on the Python package index. One fixed wheel per processor is enough, because
# the library inside does not depend on Python; its SHA-256 must be the one in onnxruntime.sha256. Running this again is quick.

set -euo pipefail

readonly version=1.32.0
readonly scripts="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
readonly target="${1:-$(dirname "$scripts")/.runtime/onnxruntime}"

fail() {
    echo "setup-onnxruntime: $1" >&2
    [ $# -lt 2 ] || echo "setup-onnxruntime: $2" >&2
    exit 1
}

case "$(uname -s)-$(uname -m)" in
    Linux-x86_64) platform=manylinux_2_28_x86_64 ;;
    Linux-aarch64 | Linux-arm64) platform=manylinux_2_28_aarch64 ;;
    *) fail "no pinned ONNX Runtime for $(uname -s) on $(uname -m)." \
        "Install ONNX Runtime 1.11 or later yourself and start dhow with --onnxruntime PATH." ;;
esac

readonly wheel="onnxruntime-$version-cp312-cp312-$platform.whl"
readonly pin="$(grep -F "  $wheel" "$scripts/onnxruntime.sha256" || true)"
[ -n "$pin" ] || fail "$wheel has no line in scripts/onnxruntime.sha256."

# The record holds the pin and the checksums of the files that came out of that wheel.
if [ -f "$target/PIN" ] && [ "$(cat "$target/PIN")" = "$pin" ] && (cd "$target" && sha256sum --check --quiet --strict SHA256SUMS) >/dev/null 2>&1; then
    echo "ONNX Runtime $version is in $target"
    exit 0
fi

command -v python3 >/dev/null || fail "python3 is missing." "Install Python 3.9 or later with pip; only this script needs it."
python3 -m pip --version >/dev/null 2>&1 || fail "python3 has no pip." "Install it, for example: apt-get install python3-pip"

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m pip --disable-pip-version-check download --quiet --no-deps --only-binary=:all: --python-version 3.12 --platform "$platform" \
    --dest "$work" "onnxruntime==$version" ||
    fail "could not download $wheel from the Python package index." \
        "Check the network or the index (PIP_INDEX_URL), or start dhow with --onnxruntime PATH."
(cd "$work" && echo "$pin" | sha256sum --check --quiet --strict) >&2 ||
    fail "$wheel does not have the SHA-256 in scripts/onnxruntime.sha256; nothing was installed."

python3 - "$work/$wheel" "$work/new" <<'PYTHON'
import pathlib, sys, zipfile

target = pathlib.Path(sys.argv[2])
target.mkdir()
with zipfile.ZipFile(sys.argv[1]) as wheel:
    for member in wheel.namelist():
        name = pathlib.PurePosixPath(member).name
        if member.startswith("onnxruntime/capi/libonnxruntime.so") or member in ("onnxruntime/LICENSE", "onnxruntime/ThirdPartyNotices.txt"):
            (target / name).write_bytes(wheel.read(member))
PYTHON
ls "$work/new"/libonnxruntime.so* >/dev/null 2>&1 || fail "$wheel contains no libonnxruntime.so."
(cd "$work/new" && sha256sum -- * >"$work/SHA256SUMS" && mv "$work/SHA256SUMS" . && chmod 644 ./*)

# The record is written last, so that an interrupted run is repeated. Files are replaced by rename: a running server keeps its own.
mkdir -p "$target"
rm -f "$target/PIN"
for file in "$work/new"/*; do
    name="$(basename "$file")"
    cp "$file" "$target/.$name.new"
    mv -f "$target/.$name.new" "$target/$name"
done
for old in "$target"/libonnxruntime.so*; do
    [ -e "$work/new/$(basename "$old")" ] || rm -f "$old"
done
echo "$pin" >"$target/PIN"
echo "ONNX Runtime $version installed in $target"
