"""The graph behind BentoML, in the environment of its own. It gets encoded rows and checks nothing."""

import os

import bentoml
import numpy as np
import onnxruntime
from pydantic import BaseModel


# An array as the answer would have BentoML make its JSON schema anew for every answer.
class Answer(BaseModel):
    probabilities: list[list[float]]


@bentoml.service(workers=1, logging={"access": {"enabled": False}})
class Trees:
    def __init__(self) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            os.environ["GRAPH"], options, providers=["CPUExecutionProvider"]
        )
        self._name = self._session.get_inputs()[0].name

    # On the event loop, like ours: a thread would cost more than the trees.
    @bentoml.api
    async def predict(self, rows: list[list[float]]) -> Answer:
        answer = self._session.run(None, {self._name: np.array(rows, dtype=np.float32)})[1]
        return Answer.model_construct(probabilities=answer.tolist())
