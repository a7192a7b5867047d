# SPDX-License-Identifier: Apache-2.0
"""Registries that the tests start, and end."""

import pytest
from registries import DebianRegistry


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    found = DebianRegistry(tmp_path_factory.mktemp("registry"))
    yield found
    found.stop()


@pytest.fixture
def start(tmp_path):
    """Starts registries and wires that end with the test."""
    started = []

    def begin(kind, *arguments, **settings):
        found = kind(*(arguments or (tmp_path / f"registry-{len(started)}",)), **settings)
        started.append(found)
        return found

    yield begin
    for found in reversed(started):
        found.stop()
