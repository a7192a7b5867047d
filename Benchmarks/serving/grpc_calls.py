# SPDX-License-Identifier: Apache-2.0
"""What a call of the Open Inference Protocol costs over gRPC: Dhow beside MLServer, asked by tritonclient.

The client is Python and slower than the servers, so what counts is the servers' CPU time for each call. Run it with the Python of
.venv-serving.
"""

import argparse
import asyncio
import pathlib
import tempfile
import time

import contenders
import load
import models
import numpy
import tritonclient.grpc.aio as triton


class Dhow(contenders.Dhow):
    output = "probabilities"

    def __init__(self, folder, model):
        super().__init__(folder, model)
        self.grpc_port = contenders.free_port()

    def command(self):
        return [*super().command(), "--grpc-port", str(self.grpc_port)]


class MLServer(contenders.MLServer):
    output = "predict_proba"


def inputs(rows):
    features = numpy.asarray(models.rows(rows), dtype=numpy.float32)
    tensor = triton.InferInput("features", list(features.shape), "FP32")
    tensor.set_data_from_numpy(features)
    return [tensor]


async def ask(contender, rows, streams, seconds):
    """Calls in so many tasks at once until the time is over; the number of answers, and their times in order."""
    times = []
    headers = {name.lower(): value for name, value in contender.headers.items()}
    client = triton.InferenceServerClient(f"127.0.0.1:{contender.grpc_port}")
    question, wanted = inputs(rows), [triton.InferRequestedOutput(contender.output)]
    end = time.monotonic() + seconds

    async def one():
        while (start := time.monotonic()) < end:
            answer = await client.infer(contender.model, question, outputs=wanted, headers=headers)
            assert answer.as_numpy(contender.output).shape[0] == rows
            times.append(time.monotonic() - start)

    await asyncio.gather(*(one() for _ in range(streams)))
    await client.close()
    return sorted(times)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="grpc-serving.") as text:
        folder = pathlib.Path(text)
        models.make(folder, "logreg")
        with Dhow(folder, "logreg") as dhow, MLServer(folder, "logreg") as mlserver:
            for rows, streams in ((1, 1), (1, 16), (100, 16)):
                for _ in range(options.rounds):
                    for contender in (dhow, mlserver):
                        before = load.cpu_seconds(contender.process.pid)
                        times = asyncio.run(ask(contender, rows, streams, options.seconds))
                        cpu = (load.cpu_seconds(contender.process.pid) - before) * 1000 / len(times)
                        middle, late = times[len(times) // 2] * 1000, times[len(times) * 99 // 100] * 1000
                        print(
                            f"{rows:4} rows  {streams:3} calls at once  {contender.name:9}{len(times) / options.seconds:8.0f} calls/s"
                            f"  CPU {cpu:.4f} ms  p50 {middle:7.3f} ms  p99 {late:7.2f} ms",
                            flush=True,
                        )


if __name__ == "__main__":
    main()
