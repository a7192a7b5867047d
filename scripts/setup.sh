#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Makes this machine ready to build and test: system libraries, the Python environments in .venv, .venv-mlflow2 (the last client of
# MLflow's second line, which cannot stand beside the third's) and .venv-clients (clients of serving protocols, which hold other packages
# back), ONNX Runtime, XGBoost, LightGBM and DuckDB in .runtime.
# It installs only what is missing, and a second run takes a moment. `setup.sh bench` also makes .venv-bench, with the tools that
# `make bench-pipelines` measures Dhow beside; `setup.sh bench-serving` .venv-serving, for `make bench-serving` and `make soak`;
# `setup.sh bench-monitoring` .venv-monitoring, for `make bench-monitoring`.
#
# DHOW_SETUP_SKIP_PACKAGES=1 leaves system packages alone, for systems without apt or where they are managed elsewhere.

set -euo pipefail

readonly scripts="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
readonly root="$(dirname "$scripts")"
readonly oldest_swift=6.1

fail() {
    echo "setup: $1" >&2
    [ $# -lt 2 ] || echo "setup: $2" >&2
    exit 1
}

is_at_least() { [ "$(printf '%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

is_installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        fail "installing packages needs root, and there is no sudo." "Run as root: apt-get install ${missing[*]}"
    fi
}

missing=()

install_packages() {
    [ "${DHOW_SETUP_SKIP_PACKAGES:-0}" != 1 ] || return 0
    local wanted=(libsqlite3-dev libpq-dev zlib1g-dev postgresql bubblewrap libgomp1 docker-registry redis-server librdkafka1 libxml2-dev make unzip curl git)
    command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
        fail "this system has no apt; packages are installed on Debian and Ubuntu only." \
            "Install the counterparts of: ${wanted[*]} python3-venv; then run again with DHOW_SETUP_SKIP_PACKAGES=1."
    # A Python that is not Debian's brings venv along.
    python3 -c 'import ensurepip, venv' 2>/dev/null || wanted+=(python3 python3-venv)
    # The system's own one makes the environments of steps.
    [ ! -x /usr/bin/python3 ] || /usr/bin/python3 -c 'import ensurepip, venv' 2>/dev/null || wanted+=(python3-venv)

    local package
    for package in "${wanted[@]}"; do
        is_installed "$package" || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0

    echo "setup: installing ${missing[*]}"
    # The tests start a Postgres of their own, so a fresh server package need not create one that runs all the time.
    local setting=/etc/postgresql-common/createcluster.d/dhow-setup.conf
    if [[ " ${missing[*]} " == *" postgresql "* ]]; then
        as_root mkdir -p "$(dirname "$setting")"
        echo "create_main_cluster = false" | as_root tee "$setting" >/dev/null
        # shellcheck disable=SC2064
        trap "as_root rm -f '$setting'" EXIT
    fi
    as_root apt-get update -q
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
    if [[ " ${missing[*]} " == *" postgresql "* ]]; then
        as_root rm -f "$setting"
        trap - EXIT
    fi
}

check_swift() {
    command -v swift >/dev/null ||
        fail "swift is not on the PATH." "Install Swift $oldest_swift or later: https://www.swift.org/install"
    local version
    swift --version >/dev/null 2>&1 ||
        fail "swift does not run: $(swift --version 2>&1 | tail -n 1)" "Install what Swift itself needs: https://www.swift.org/install"
    version="$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1)"
    is_at_least "${version:-0}" "$oldest_swift" ||
        fail "Swift ${version:-of unknown version} is too old." "Install Swift $oldest_swift or later: https://www.swift.org/install"
}

check_python() {
    local python
    python="$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')" || fail "python3 is missing." "Install Python 3.11, 3.12 or 3.13."
    case "$python" in
        3.11 | 3.12 | 3.13) ;;
        *) fail "python3 is $python; the pinned packages are for 3.11, 3.12 and 3.13." "Put one of those first on the PATH." ;;
    esac
}

# install_python_packages FILE FOLDER: makes the environment of the packages that requirements/FILE pins. Its record holds the checksum of
# the pinned packages and the Python that installed them; it is written last.
install_python_packages() {
    local requirements="$root/requirements/$1" environment="$root/$2" record
    record="$(sha256sum <"$requirements" | cut -d ' ' -f 1) $(python3 -c 'import sys; print("python%d.%d" % sys.version_info[:2], sys.base_prefix)')"
    if [ -x "$environment/bin/python" ] && [ "$(cat "$environment/installed" 2>/dev/null)" = "$record" ]; then return; fi

    echo "setup: installing Python packages into $2"
    python3 -m venv --clear "$environment"
    # Most of the modules are never imported, so they are compiled when they are.
    "$environment/bin/python" -m pip --disable-pip-version-check install --quiet --no-compile --require-hashes --only-binary :all: \
        -r "$requirements" ||
        fail "could not install the Python packages in requirements/$1." "Check the network or the index pip uses (pip config list)."
    echo "$record" >"$environment/installed"
}

install_packages
check_swift
check_python
install_python_packages dev.txt .venv
install_python_packages mlflow2.txt .venv-mlflow2
install_python_packages clients.txt .venv-clients
case "${1:-}" in
    bench) install_python_packages bench.txt .venv-bench ;;
    bench-monitoring) install_python_packages monitoring.txt .venv-monitoring ;;
    bench-serving)
        install_python_packages serving.txt .venv-serving
        # Beside which servers are measured, and what loads them.
        wanted_for_serving=()
        for package in wrk nginx-light; do is_installed "$package" || wanted_for_serving+=("$package"); done
        [ ${#wanted_for_serving[@]} -eq 0 ] || as_root apt-get install -q -y --no-install-recommends "${wanted_for_serving[@]}"
        ;;
esac
# With .venv first, because the system's python3 may come without pip.
for name in onnxruntime xgboost lightgbm duckdb; do
    PATH="$root/.venv/bin:$PATH" "$scripts/setup-runtime.sh" "$name"
done
