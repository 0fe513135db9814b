"""The limit: a FastAPI handler that does nothing, under the settings of uvicorn that the model server has."""

import sys

import uvicorn
from fastapi import FastAPI
from relevo_inference.__main__ import UVICORN

app = FastAPI()


@app.post("/predict")
async def predict() -> dict[str, str]:
    return {}


@app.get("/readyz")
async def ready() -> dict[str, str]:
    return {}


if __name__ == "__main__":
    uvicorn.run(
        app,
        port=int(sys.argv[1]),
        log_level="warning",
        **UVICORN,
    )
