# SPDX-License-Identifier: Apache-2.0
"""What the writers asked for, and what they were told: the truth that a restarted server is held to."""

import dataclasses
import threading
import time


@dataclasses.dataclass(eq=False)
class Operation:
    """One call that changes something, with the moments it was sent and acknowledged."""

    kind: str
    #: What it writes to: later writes to the same target replace earlier ones.
    target: str
    #: What the target holds when the call was done.
    content: object
    began: float
    #: None while in flight, and for ever when the server died first.
    ended: float | None = None
    #: What the answer said, where it matters.
    answer: object = None

    @property
    def is_acknowledged(self):
        return self.ended is not None


class Journal:
    """Operations of all writers, in the order they began."""

    def __init__(self):
        self._lock = threading.Lock()
        self._operations = []

    def begin(self, kind, target, content):
        operation = Operation(kind, target, content, time.monotonic())
        with self._lock:
            self._operations.append(operation)
        return operation

    @staticmethod
    def acknowledge(operation, answer=None):
        operation.answer = answer
        operation.ended = time.monotonic()

    def forget(self, operation):
        """For what was refused: it must not have happened, and its target must not show it."""
        with self._lock:
            self._operations.remove(operation)

    def of(self, kind):
        with self._lock:
            return [
                operation for operation in self._operations if operation.kind == kind
            ]

    def acknowledged(self):
        with self._lock:
            return sum(operation.is_acknowledged for operation in self._operations)


def possible_contents(operations):
    """What a register may hold after these writes to it: any of them that no acknowledged one began after.

    None stands among them when no write was acknowledged: then there may be nothing.
    """
    acknowledged = [operation for operation in operations if operation.is_acknowledged]
    latest_start = max((operation.began for operation in acknowledged), default=None)
    possible = [
        operation.content
        for operation in operations
        if not operation.is_acknowledged
        or latest_start is None
        or operation.ended >= latest_start
    ]
    return possible if acknowledged else [None, *possible]
