# SPDX-License-Identifier: Apache-2.0
"""The unmodified tritonclient's other clients, which are awaited."""

import asyncio
import urllib.parse

import numpy as np
import pytest
import tritonclient.grpc as triton_grpc
import tritonclient.grpc.aio as grpc_aio
import tritonclient.http as triton_http
import tritonclient.http.aio as http_aio
from served import GRPC, URL
from tritonclient.utils import InferenceServerException

ROWS = np.array([[1, 2, 3], [4, 5, 6]], dtype=np.float32)


def sums_input(library, rows=ROWS):
    tensor = library.InferInput("x", list(rows.shape), "FP32")
    tensor.set_data_from_numpy(rows)
    return tensor


def check_sums(result, rows=ROWS):
    np.testing.assert_allclose(result.as_numpy("sum"), rows.sum(axis=1, keepdims=True), rtol=1e-6)
    np.testing.assert_array_equal(result.as_numpy("twice"), rows * 2)


@pytest.mark.parametrize("compression", [None, "gzip", "deflate"])
def test_over_http(workspace, compression):
    async def main():
        async with http_aio.InferenceServerClient(urllib.parse.urlsplit(URL).netloc) as client:
            assert await client.is_server_live()
            assert await client.is_server_ready()
            assert await client.is_model_ready("sums", headers=dict(workspace.headers))
            assert (await client.get_model_metadata("sums", headers=dict(workspace.headers)))["name"] == "sums"
            assert len(await client.get_model_repository_index(headers=dict(workspace.headers))) == 3
            rows = np.arange(6000, dtype=np.float32).reshape(2000, 3)

            async def ask(number):
                result = await client.infer(
                    "sums",
                    [sums_input(triton_http, rows + number)],
                    headers=dict(workspace.headers),
                    request_compression_algorithm=compression,
                    response_compression_algorithm=compression,
                )
                check_sums(result, rows + number)

            await asyncio.gather(*[ask(number) for number in range(8)])
            with pytest.raises(InferenceServerException, match="unknown"):
                await client.infer("unknown", [sums_input(triton_http)], headers=dict(workspace.headers))

    asyncio.run(main())


def test_over_grpc(workspace):
    async def main():
        async with grpc_aio.InferenceServerClient(GRPC) as client:
            assert await client.is_server_live()
            assert await client.is_model_ready("sums", headers=workspace.metadata)
            assert len((await client.get_model_repository_index(headers=workspace.metadata)).models) == 3
            await asyncio.gather(*[ask(client, number) for number in range(8)])
            with pytest.raises(InferenceServerException, match="NOT_FOUND"):
                await client.infer("unknown", [sums_input(triton_grpc)], headers=workspace.metadata)

    async def ask(client, number):
        check_sums(await client.infer("sums", [sums_input(triton_grpc, ROWS + number)], headers=workspace.metadata), ROWS + number)

    asyncio.run(main())


def test_a_stream_over_grpc(workspace):
    async def main():
        async def requests():
            for number in range(10):
                yield {"model_name": "sums", "inputs": [sums_input(triton_grpc, ROWS + number)], "request_id": str(number)}

        async with grpc_aio.InferenceServerClient(GRPC) as client:
            number = 0
            async for result, error in client.stream_infer(requests(), headers=workspace.metadata):
                assert error is None
                assert result.get_response().id == str(number)
                check_sums(result, ROWS + number)
                number += 1
            assert number == 10

    asyncio.run(main())


def test_a_deadline_that_is_over_is_told(workspace):
    async def main():
        async with grpc_aio.InferenceServerClient(GRPC) as client:
            with pytest.raises(InferenceServerException, match=r"DEADLINE_EXCEEDED|UNAVAILABLE"):
                await client.infer("sums", [sums_input(triton_grpc)], headers=workspace.metadata, client_timeout=0.000001)
            check_sums(await client.infer("sums", [sums_input(triton_grpc)], headers=workspace.metadata, client_timeout=60))

    asyncio.run(main())
