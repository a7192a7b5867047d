# SPDX-License-Identifier: Apache-2.0
"""A person at the command line: a pipeline with runs for each element, a secret and a condition, from apply to explain."""

import subprocess

PIPELINE = """
apiVersion: dhow/v1
kind: Pipeline
metadata: {name: hello}
spec:
  parameters:
    - {name: names, type: list, default: [amina, omar]}
    - {name: options, type: mapping, default: {}}
  steps:
    - name: greet
      forEach: {in: {parameter: names}}
      secrets: {WORD: word}
      command: [sh, -c, 'test "$DHOW_ITEM" != nobody; echo "hello $DHOW_ITEM $WORD" && echo "\\"$DHOW_ITEM\\"" > "$DHOW_OUTPUT_NAME"']
      outputs: {name: {path: name, type: value}}
    - name: count
      when: size(steps.greet.outputs.name) > 1
      command: [sh, -c, 'cat "$DHOW_INPUT_NAMES"']
      inputs: {names: {step: greet, output: name}}
    - name: check
      cache: false
      command: [sh, -c, 'test "$GOOD" = yes']
      environment: {GOOD: {parameter: good}}
"""


def ready(dhow):
    """The pipeline applied, and its secret set as a person sets it: through standard input."""
    dhow.write(
        "p/pipeline.yaml",
        PIPELINE.replace("  steps:", "    - {name: good, default: 'yes'}\n  steps:", 1),
    )
    set_secret(dhow, "word", "opensesame")
    dhow("pipeline", "apply", "p")


def set_secret(dhow, name, value):
    dhow.write("value", value + "\n")
    dhow("secret", "set", name, "--file", "value")


def start(dhow, *arguments, status=0):
    dhow("execution", "start", "hello", "--watch", *arguments, status=status)
    return dhow.json("execution", "list")[0]["id"]


def states(dhow, execution):
    return {
        step["name"]: step["state"]
        for step in dhow.json("execution", "show", execution)["steps"]
    }


def test_each_run_has_a_log_without_the_secret(dhow):
    ready(dhow)
    execution = start(dhow)
    assert (
        dhow("execution", "log", execution, "greet[1]").stdout
        == "hello omar **********\n"
    )
    assert dhow("execution", "log", execution, "count").stdout == '["amina","omar"]'
    assert dhow.json("execution", "show", execution)["steps"][0]["items"] == {
        "succeeded": 2
    }
    assert "opensesame" not in dhow.get("ledger/entries?limit=100")
    refusal = dhow("execution", "log", execution, "greet", status=66).stderr
    assert f"dhow execution log {execution} 'greet[0]'" in refusal
    assert (
        "greet[0] to greet[1]"
        in dhow("execution", "log", execution, "greet[7]", status=66).stderr
    )


def test_lists_and_mappings_are_given_as_json(dhow):
    ready(dhow)
    execution = start(dhow, "-p", 'names=["amina"]', "-p", 'options={"a": 1}')
    assert states(dhow, execution) == {
        "greet": "succeeded",
        "count": "omitted",
        "check": "succeeded",
    }
    assert dhow.json("execution", "show", execution)["parameters"]["options"] == {
        "a": 1
    }
    dhow("execution", "start", "hello", "-p", "names=amina", status=64)


def test_a_failed_run_is_named_and_only_the_rest_is_done_again(dhow):
    ready(dhow)
    execution = start(dhow, "-p", "good=no", status=1)
    assert states(dhow, execution) == {
        "greet": "succeeded",
        "count": "succeeded",
        "check": "failed",
    }
    dhow("execution", "again", execution, "-p", "good=yes", "--watch")
    again = dhow.json("execution", "list")[0]["id"]
    assert states(dhow, again) == {
        "greet": "reused",
        "count": "reused",
        "check": "succeeded",
    }
    because = {
        step["step"]: step["because"]
        for step in dhow.json("execution", "explain", again)["steps"]
    }
    assert f"Execution {execution}" in because["count"]
    assert because["check"] == "It says 'cache: false'."


def test_a_secret_that_is_gone_fails_its_step_and_says_so(dhow):
    ready(dhow)
    dhow("secret", "delete", "word")
    assert dhow.json("secret", "list") == []
    execution = start(dhow, status=1)
    step = dhow.json("execution", "show", execution)["steps"][0]
    assert step["state"] == "failed"
    assert "greet[0], attempt 1: failed, There is no secret 'word'." in step["why"]


def test_what_runs_can_be_paused_and_cancelled(dhow):
    dhow.write(
        "q/pipeline.yaml",
        "apiVersion: dhow/v1\nkind: Pipeline\nmetadata: {name: slow}\nspec:\n  steps:\n"
        "  - {name: long, command: [sh, -c, 'echo begun; sleep 600']}\n",
    )
    dhow("pipeline", "apply", "q")
    execution = dhow.json("execution", "start", "slow")["id"]
    follow = subprocess.run(
        [
            "timeout",
            "60",
            "sh",
            "-c",
            f'"{dhow.binary}" execution log -f {execution} long | head -n 1',
        ],
        capture_output=True,
        text=True,
        env=dhow.environment,
        check=False,
    )
    assert follow.stdout == "begun\n"
    dhow("execution", "pause", execution)
    dhow("execution", "resume", execution)
    dhow("execution", "cancel", execution)
    dhow("execution", "watch", execution, status=1)
    assert dhow.json("execution", "show", execution)["status"] == "cancelled"
