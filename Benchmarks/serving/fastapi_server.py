# SPDX-License-Identifier: Apache-2.0
"""What people write by hand: FastAPI around ONNX Runtime, speaking as much of the Open Inference Protocol as the load needs."""

import os

import numpy as np
import onnxruntime
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
options.inter_op_num_threads = 1
session = onnxruntime.InferenceSession(os.environ["MODEL"], options, providers=["CPUExecutionProvider"])
app = FastAPI()


@app.get("/v2/health/ready")
async def ready():
    return {"ready": True}


@app.post("/v2/models/{name}/infer")
async def infer(name: str, request: Request):
    body = await request.json()
    tensor = body["inputs"][0]
    features = np.asarray(tensor["data"], dtype=np.float32).reshape(tensor["shape"])
    label, probabilities = session.run(None, {"features": features})
    return JSONResponse(
        {
            "model_name": name,
            "outputs": [
                {"name": "label", "datatype": "INT64", "shape": list(label.shape), "data": label.tolist()},
                {
                    "name": "probabilities",
                    "datatype": "FP32",
                    "shape": list(probabilities.shape),
                    "data": probabilities.ravel().tolist(),
                },
            ],
        }
    )
