# SPDX-License-Identifier: Apache-2.0
"""What is given to users of CI systems, checked by those systems' published schemas."""

import pathlib
import subprocess
import sys

import pytest

TEMPLATES = pathlib.Path(__file__).resolve().parents[3] / "deploy/ci"


@pytest.mark.parametrize(
    ("schema", "name"),
    [("vendor.github-workflows", "github-actions.yml"), ("vendor.gitlab-ci", "gitlab-ci.yml")],
)
def test_a_template_is_valid(schema, name):
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(TEMPLATES / name)]
    result = subprocess.run(check, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
