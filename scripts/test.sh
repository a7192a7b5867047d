#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Builds all Swift tests and runs them, one process a target: tests that hold a thread on purpose cannot starve those of other targets.
# Arguments are passed on to both builds and tests. DHOW_TESTS names some of the targets.

set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

swift build --build-tests "$@"
failed=()
for target in ${DHOW_TESTS:-$(cd Tests && echo *Tests)}; do
    echo "== $target"
    swift test --skip-build --filter "^$target\." "$@" || failed+=("$target")
done
if [ ${#failed[@]} -gt 0 ]; then
    echo "failed: ${failed[*]}" >&2
    exit 1
fi
