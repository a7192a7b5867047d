#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs the tests of this folder with the Python given, in two processes: two clients bring messages of the same names, which one process
# cannot hold.

set -euo pipefail

readonly python="$1"
readonly folder="$(dirname "${BASH_SOURCE[0]}")"

"$python" -m pytest -q --ignore "$folder/test_kserve.py" "$folder"
"$python" -m pytest -q "$folder/test_kserve.py"
