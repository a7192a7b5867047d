#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# A throw-away Postgres in a folder of its own, for tests; it leaves the system's clusters alone.
#
#   postgres-cluster.sh start DIR   creates and starts it (or finds it running) and prints its URL
#   postgres-cluster.sh stop DIR    stops it and removes DIR; stopping twice is fine
#
# It listens on a Unix socket in DIR and on a free loopback port, with a random password. fsync stays on, because durability is
# part of what the tests are about. The superuser's programs refuse to run as root, so root lends DIR to another user.

set -euo pipefail

readonly name=dhow

fail() {
    echo "postgres-cluster: $1" >&2
    [ $# -lt 2 ] || echo "postgres-cluster: $2" >&2
    exit 1
}

[ $# -eq 2 ] || fail "usage: postgres-cluster.sh start|stop DIR"
readonly verb="$1"
readonly folder="$(realpath -m -- "$2")"
readonly marker="$folder/dhow-test-cluster"

programs="$(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)"
if [ -z "$programs" ] || [ ! -x "$programs/initdb" ]; then
    command -v initdb >/dev/null || fail "PostgreSQL's server programs are not installed." "Run make setup, or: apt-get install postgresql"
    programs="$(dirname "$(realpath "$(command -v initdb)")")"
fi

owner=""
if [ "$(id -u)" -eq 0 ]; then
    owner=nobody
    if id postgres >/dev/null 2>&1; then owner=postgres; fi
fi

as_owner() {
    if [ -n "$owner" ]; then
        (cd / && runuser -u "$owner" -- "$@")
    else
        "$@"
    fi
}

# Asks the kernel for a free port. Another process may take it before Postgres does; start tries again then.
free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# A killed server whose parent never collected it still counts as a process, but it serves nobody.
is_running() {
    local process state
    process="$(head -n 1 "$folder/data/postmaster.pid" 2>/dev/null)" || return 1
    state="$(sed 's/.*) //; s/ .*//' "/proc/$process/stat" 2>/dev/null)" || return 1
    [ "$state" != Z ] && as_owner "$programs/pg_ctl" status -D "$folder/data" >/dev/null 2>&1
}

create() {
    mkdir -p "$folder"
    [ -z "$(ls -A "$folder")" ] || fail "$folder is not empty and holds no test cluster." "Name a folder that does not exist yet."
    touch "$marker"
    (umask 077 && python3 -c 'import secrets; print(secrets.token_hex(16))' >"$folder/password")
    [ -z "$owner" ] || chown -R "$owner" "$folder"
    chmod 700 "$folder"
    as_owner "$programs/initdb" -D "$folder/data" --username="$name" --pwfile="$folder/password" --auth=scram-sha-256 \
        --encoding=UTF8 --locale=C --no-sync >"$folder/log" 2>&1 || {
        cat "$folder/log" >&2
        fail "initdb failed."
    }
}

# A socket's path has room for 107 bytes; a longer folder goes without a socket.
socket_option() {
    if [ "$(printf %s "$folder/.s.PGSQL.65535" | wc -c)" -le 107 ]; then echo "$folder"; fi
}

create_database() {
    export PGPASSWORD
    PGPASSWORD="$(cat "$folder/password")"
    local query=("$programs/psql" -X -q -A -t -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$1" -U "$name" -d postgres -c)
    if [ "$("${query[@]}" "SELECT count(*) FROM pg_database WHERE datname = '$name'")" = 0 ]; then
        "${query[@]}" "CREATE DATABASE $name"
    fi
}

start() {
    if is_running; then
        cat "$folder/url"
        return
    fi
    [ -f "$marker" ] || create
    rm -f "$folder/data/postmaster.pid"
    local attempt port
    for attempt in 1 2 3 4 5; do
        port="$(free_port)"
        # $folder reaches the server through a settings file, so that no shell has to quote it again.
        cat >"$folder/data/postgresql.auto.conf" <<CONF
listen_addresses = '127.0.0.1'
port = $port
unix_socket_directories = '$(socket_option | sed "s/'/''/g")'
max_connections = 500
shared_buffers = '32MB'
CONF
        [ -z "$owner" ] || chown "$owner" "$folder/data/postgresql.auto.conf" "$folder/log"
        if as_owner "$programs/pg_ctl" start -D "$folder/data" -l "$folder/log" -w -t 60 >/dev/null 2>&1; then
            create_database "$port"
            echo "postgres://$name:$(cat "$folder/password")@127.0.0.1:$port/$name" >"$folder/url"
            cat "$folder/url"
            return
        fi
        grep -q -i "address already in use" "$folder/log" || break
        [ "$attempt" -eq 5 ] || : >"$folder/log"
    done
    tail -n 20 "$folder/log" >&2
    fail "the cluster in $folder did not start."
}

stop() {
    [ -e "$folder" ] || return 0
    [ -f "$marker" ] || fail "$folder holds no test cluster; nothing was removed."
    if is_running; then as_owner "$programs/pg_ctl" stop -D "$folder/data" -m immediate -w -t 30 >/dev/null || fail "the cluster in $folder did not stop."; fi
    rm -rf -- "$folder"
}

case "$verb" in
    start) start ;;
    stop) stop ;;
    *) fail "usage: postgres-cluster.sh start|stop DIR" ;;
esac
