# SPDX-License-Identifier: Apache-2.0
"""Clients that write until their server dies, and note what they were told."""

import hashlib
import random
import threading

from installation import Refused, Unanswered

API = "/api/2.0/mlflow/"
ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts/"
#: Answers that say nothing was done and the call may be repeated.
BUSY = (429, 503)
#: Metric points, params and tags of one batch.
STEPS, PARAMS, TAGS = 40, 10, 5


class Writers:
    """Threads of one cycle. Everything they name bears the cycle's number, so that cycles do not mix."""

    def __init__(self, installation, journal, cycle, seed):
        self.installation = installation
        self.journal = journal
        self.cycle = cycle
        self.model = f"model-{cycle}"
        self.failures = []
        self.busy = 0
        bodies = (
            [self.tracking] * 3
            + [self.registering] * 2
            + [self.aliasing] * 2
            + [self.artifacts] * 2
            + [self.blobs]
        )
        self._threads = [
            threading.Thread(
                target=self._run,
                args=(
                    body,
                    f"{cycle}-{index}",
                    random.Random(f"{seed}/{cycle}/{index}"),
                ),
            )
            for index, body in enumerate(bodies)
        ]

    def start(self):
        """Makes what all writers need, then lets them go."""
        session = self.installation.session()
        session.call("POST", API + "registered-models/create", {"name": self.model})
        session.call("POST", API + "model-versions/create", self._version("seed"))
        session.close()
        for thread in self._threads:
            thread.start()

    def join(self):
        for thread in self._threads:
            thread.join()

    def _run(self, body, name, rng):
        session = self.installation.session()
        try:
            for round in range(1_000_000):
                body(session, name, round, rng)
        except Unanswered:
            pass
        except Exception as error:  # noqa: BLE001, whatever ends a writer early is a finding
            self.failures.append(f"{name}: {type(error).__name__}: {error}")
        finally:
            session.close()

    def _write(self, kind, target, content, call, *arguments):
        """Notes the write, makes it, notes the acknowledgement. None when the server had no time for it."""
        operation = self.journal.begin(kind, target, content)
        try:
            answer = call(*arguments)
        except Refused as refusal:
            self.journal.forget(operation)
            if refusal.status not in BUSY:
                raise
            self.busy += 1
            return None
        self.journal.acknowledge(operation, answer)
        return answer

    def tracking(self, session, name, round, rng):
        """An experiment, then runs of it with a few batches each."""
        experiment_name = f"experiment-{name}-{round}"
        body = {"name": experiment_name}
        made = self._write(
            "experiment",
            experiment_name,
            None,
            session.json,
            "POST",
            API + "experiments/create",
            body,
        )
        for index in range(3 if made else 0):
            body = {
                "experiment_id": made["experiment_id"],
                "run_name": f"{experiment_name}-{index}",
            }
            run = self._write(
                "run",
                body["run_name"],
                body["experiment_id"],
                session.json,
                "POST",
                API + "runs/create",
                body,
            )
            for batch in range(rng.randint(1, 6) if run else 0):
                self._batch(session, run["run"]["info"]["run_id"], f"b{batch}", rng)

    def _batch(self, session, run, batch, rng):
        body = {
            "run_id": run,
            "metrics": [
                {"key": batch, "value": rng.random(), "timestamp": step, "step": step}
                for step in range(STEPS)
            ],
            "params": [
                {"key": f"{batch}/{index}", "value": str(rng.random())}
                for index in range(PARAMS)
            ],
            "tags": [
                {"key": f"{batch}/{index}", "value": str(rng.random())}
                for index in range(TAGS)
            ],
        }
        self._write(
            "batch",
            run,
            (batch, body),
            session.call,
            "POST",
            API + "runs/log-batch",
            body,
        )

    def _version(self, mark):
        return {
            "name": self.model,
            "source": "s3://elsewhere/model",
            "tags": [{"key": "mark", "value": mark}],
        }

    def registering(self, session, name, round, rng):
        """Versions of the one model, against each other."""
        mark = f"{name}-{round}"
        path, key = API + "model-versions/create", {"Idempotency-Key": mark}
        self._write(
            "version",
            self.model,
            mark,
            session.json,
            "POST",
            path,
            self._version(mark),
            key,
        )

    def aliasing(self, session, name, round, rng):
        """Moves an alias of its own, and one that others move too."""
        versions = [
            write.answer["model_version"]["version"]
            for write in self.journal.of("version")
            if write.is_acknowledged
        ]
        number = rng.choice(versions or ["1"])
        alias = rng.choice(["shared", f"own-{name}"])
        body = {"name": self.model, "alias": alias, "version": number}
        self._write(
            "alias",
            alias,
            number,
            session.call,
            "POST",
            API + "registered-models/alias",
            body,
        )

    def artifacts(self, session, name, round, rng):
        """Files of their own and files that others overwrite, from a byte to a few hundred KiB."""
        path = rng.choice(
            [f"{self.cycle}/shared-{rng.randint(0, 3)}", f"{self.cycle}/{name}/{round}"]
        )
        content = rng.randbytes(rng.choice([1, 1000, 70_000, 300_000]))
        digest = hashlib.sha256(content).hexdigest()
        self._write(
            "artifact", path, digest, session.call, "PUT", ARTIFACTS + path, content
        )

    def blobs(self, session, name, round, rng):
        """Bytes by digest through the native interface, as a table whose rows can be counted afterwards."""
        rows = rng.randint(1, 5000)
        content = (
            "x,y\n" + "".join(f"{rng.random()},{row}\n" for row in range(rows))
        ).encode()
        digest = hashlib.sha256(content).hexdigest()
        self._write("blob", digest, rows, session.json, "PUT", "/api/v1/blobs", content)
