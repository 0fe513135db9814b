"""A process that writes to an outbox until it is killed: `outbox_writer.py OUTBOX TOLD`.

`TOLD` gets the ids of what was committed, as a client would have got them.
"""

import asyncio
import sys
from pathlib import Path
from uuid import uuid4

from relevo_inference.journal.entries import Answered, encode
from relevo_inference.journal.outbox import Outbox
from relevo_inference.serving.answer import Answer


async def main(path: Path, told: Path) -> None:
    outbox = Outbox(path)
    answered = Answered("request-1", "animals", "3", "r" * 32, stale=False, duration_ms=1.5)
    with told.open("a") as file:
        while True:
            batch = [str(uuid4()) for _ in range(20)]
            entries = [encode(answered, [{}], [Answer({"value": 2.0}, i)]) for i in batch]
            await asyncio.gather(*(outbox.write(entry, 1) for entry in entries))
            file.writelines(f"{i}\n" for i in batch)
            file.flush()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2])))
