#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs a command with a throw-away Dhow server whose address and token are in DHOW_URL and DHOW_TOKEN, and the host and port of its gRPC in
# DHOW_GRPC; stops and removes it afterwards.
# DHOW_BINARY names the binary (default: the debug build); further settings of the server come from its own variables (DHOW_DATABASE, …).
# Its webhooks may go to 127.0.0.2, where tests listen, and to no other address of this machine.

set -euo pipefail

readonly root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
readonly binary="${DHOW_BINARY:-$root/.build/debug/dhow}"

if [ $# -eq 0 ]; then
    echo "usage: with-server.sh COMMAND..." >&2
    exit 64
fi

folder="$(mktemp -d "${TMPDIR:-/tmp}/dhow-server.XXXXXX")"
server= url= grpc=
remove() {
    [ -z "$server" ] || { kill "$server" 2>/dev/null && wait "$server" 2>/dev/null; } || true
    rm -rf -- "$folder"
}
trap remove EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# MLflow's own server for models, out of the project's environment.
readonly python="$root/.venv/bin"
model_server="env PATH=$python:/usr/bin:/bin $python/mlflow models serve --env-manager local --model-uri {model} --host 127.0.0.1"
model_server+=" --port {port} --workers 1"
export DHOW_MODEL_SERVER="${DHOW_MODEL_SERVER:-$model_server}"
export DHOW_EGRESS_ALLOW="${DHOW_EGRESS_ALLOW:-127.0.0.2}" DHOW_GRPC_PORT="${DHOW_GRPC_PORT:-0}"
mkfifo "$folder/output"
"$binary" serve --data "$folder/data" --port 0 >"$folder/output" 2>"$folder/log" &
server=$!
# The server's own word that it answers; the pipe closes when it ends without one. Kept open, so that later lines have a reader.
exec 3<"$folder/output"
while IFS= read -r line <&3; do
    case "$line" in
        "Dhow "*"answers at "*) url="${line##*answers at }" ;;
        "gRPC listens at "*) grpc="${line##*listens at }" ;;
    esac
    [ -z "$url" ] || [ -z "$grpc" ] || break
done
if [ -z "$url" ] || [ -z "$grpc" ]; then
    echo "with-server: the server did not start:" >&2
    cat "$folder/log" >&2
    exit 1
fi
DHOW_TOKEN="$(cat "$folder/data/admin-token")"
DHOW_URL="$url"
DHOW_GRPC="$grpc"
export DHOW_URL DHOW_GRPC DHOW_TOKEN
cat <&3 >/dev/null &
"$@"
