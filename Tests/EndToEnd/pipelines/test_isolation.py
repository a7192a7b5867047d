# SPDX-License-Identifier: Apache-2.0
"""Steps apart from their machine: in bubblewrap's sandbox and in podman's containers, where the machine can make them."""

import json
import shutil
import subprocess

import pytest


def pipeline(step, *lines):
    return "\n".join(
        [
            "apiVersion: dhow/v1",
            "kind: Pipeline",
            "metadata: {name: apart}",
            "spec:",
            "  steps:",
            f"    - name: {step}",
            *(f"      {line}" for line in lines),
        ]
    )


def run(dhow, document, status=0):
    dhow.write("p/pipeline.yaml", document)
    dhow("pipeline", "apply", "p")
    result = dhow("execution", "start", "apart", "--watch", status=status)
    return dhow.json("execution", "list")[0]["id"], result.stderr


def can_sandbox():
    trial = ["bwrap", "--unshare-user-try", "--unshare-pid", "--unshare-net", "--ro-bind", "/", "/", "true"]
    return shutil.which("bwrap") is not None and subprocess.run(trial, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not can_sandbox(), reason="this machine has no bubblewrap, or it may not make namespaces")
def test_a_sandboxed_step_writes_its_folder_only_and_has_no_network(dhow):
    script = (
        'echo "made" > out; if touch /usr/dhow-was-here 2>/dev/null; then echo "wrote elsewhere"; fi;'
        ' tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d " "'
    )
    execution, _ = run(
        dhow,
        pipeline("work", f"command: [sh, -c, {json.dumps(script)}]", "outputs: {out: {path: out}}", "sandbox: require"),
    )
    assert dhow("execution", "log", execution, "work").stdout == "lo\n"


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """An image with a static busybox and nothing else, by its digest."""
    busybox = "/bin/busybox"
    if shutil.which("podman") is None or not shutil.which(busybox):
        pytest.skip("this machine has no podman, or no static busybox to put into an image")
    folder = tmp_path_factory.mktemp("image")
    (folder / "bin").mkdir()
    shutil.copy(busybox, folder / "bin/busybox")
    for name in ("sh", "cat", "cp"):
        (folder / "bin" / name).symlink_to("busybox")
    subprocess.run(["tar", "-C", folder, "-cf", folder / "image.tar", "bin"], check=True)
    name = "localhost/dhow-test"
    subprocess.run(["podman", "import", "-q", folder / "image.tar", name], check=True, capture_output=True)
    inspect = ["podman", "image", "inspect", "--format", "{{.Digest}}", name]
    digest = subprocess.run(inspect, check=True, capture_output=True, text=True).stdout.strip()
    trial = ["podman", "run", "--rm", "--network", "host", f"{name}@{digest}", "/bin/sh", "-c", "exit 0"]
    if subprocess.run(trial, capture_output=True, check=False).returncode != 0:
        pytest.skip("podman cannot run containers on this machine")
    return f"{name}@{digest}"


def test_an_image_has_its_own_programs_and_the_steps_files(dhow, image):
    dhow.write("p/words.txt", "from the pipeline\n")
    document = pipeline(
        "work",
        "command: [/bin/sh, -c, 'cp words.txt out; cat words.txt; test -e /usr/bin/env || echo alone; echo $COLOUR']",
        "source: [words.txt]",
        "environment: {COLOUR: blue}",
        "outputs: {out: {path: out}}",
        f"runtime: {{image: '{image}'}}",
    )
    execution, _ = run(dhow, document)
    assert dhow("execution", "log", execution, "work").stdout == "from the pipeline\nalone\nblue\n"


def test_a_failure_in_an_image_is_the_steps(dhow, image):
    document = pipeline("work", "command: [/bin/sh, -c, 'exit 3']", f"runtime: {{image: '{image}'}}")
    _, refusal = run(dhow, document, status=1)
    assert "exit code 3" in refusal
