"""The model server without its journal, to see what that costs. Only here: there is no such switch."""

import sys
from typing import Any

import uvicorn
from relevo_inference.__main__ import UVICORN
from relevo_inference.app import create_process_app
from relevo_inference.journal.outbox import Outbox
from relevo_inference.journal.shipper import Shipper
from relevo_inference.routes import predict


async def _forget(*_: Any) -> None:
    pass


def _nothing(*_: Any) -> Any:
    return b""


if __name__ == "__main__":
    Outbox.write = _forget  # type: ignore[method-assign]
    Shipper.turn = lambda _: True  # type: ignore[method-assign]
    predict.encode = _nothing
    uvicorn.run(
        create_process_app(),
        port=int(sys.argv[1]),
        log_level="warning",
        **UVICORN,
    )
