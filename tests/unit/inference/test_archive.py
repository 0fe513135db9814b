"""A prediction is found wherever it is, and not said to be missing while that cannot be known."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest
from relevo_contract.tables import raw_metadata
from relevo_inference.journal.archive import Archive, ArchiveError
from relevo_inference.journal.entries import encode_refusal
from relevo_inference.journal.feedback import Feedback, ship
from relevo_inference.journal.outbox import connect
from sqlalchemy import Engine
from support.journal import ANSWERED, ids, shipper, write

Result = TypeVar("Result")


def ask(path: Path, url: str | None, question: Callable[[Archive], Awaitable[Result]]) -> Result:
    async def run() -> Result:
        archive = Archive(path, url)
        try:
            return await question(archive)
        finally:
            archive.close()

    return asyncio.run(run())


def test_in_the_outbox_and_then_in_the_database(path: Path, database: Engine) -> None:
    raw_metadata.create_all(database)
    url = database.url.render_as_string()
    batches = [ids(20) for _ in range(5)]
    write(path, *batches)
    wanted = batches[2][7]
    waiting = ask(path, url, lambda archive: archive.prediction(wanted))
    running = shipper(path, database)
    assert running.turn()
    running.release()
    shipped = ask(path, url, lambda archive: archive.prediction(wanted))
    assert waiting is not None
    assert waiting == shipped
    assert (waiting.prediction_id, waiting.problem, waiting.version) == (wanted, "animals", "3")
    assert (waiting.output, waiting.status) == ({"value": 2.0}, 200)
    assert ask(path, url, lambda archive: archive.prediction(ids(1)[0])) is None


def test_an_id_that_somebody_sent_as_input_is_no_prediction(path: Path) -> None:
    (wanted,) = ids(1)
    connection = connect(path)
    line = encode_refusal(ANSWERED, {"note": wanted}, 422, f"{wanted} is wrong")
    connection.execute("INSERT INTO outbox (predictions, payload) VALUES (1, ?)", (line,))
    connection.close()
    assert ask(path, None, lambda archive: archive.prediction(wanted)) is None


def test_without_its_database_it_knows_what_waits_and_nothing_else(path: Path, database: Engine) -> None:
    (wanted,) = ids(1)
    write(path, [wanted])
    url = database.url.render_as_string()  # a database without tables
    found = ask(path, url, lambda archive: archive.prediction(wanted))
    assert found is not None
    with pytest.raises(ArchiveError, match="cannot be reached"):
        ask(path, url, lambda archive: archive.prediction(ids(1)[0]))


def test_questions_do_not_pile_up(path: Path) -> None:
    async def many(archive: Archive) -> list[object]:
        questions = [archive.prediction(i) for i in ids(100)]
        return await asyncio.gather(*questions, return_exceptions=True)

    answers = ask(path, None, many)
    refused = [answer for answer in answers if isinstance(answer, ArchiveError)]
    assert len(refused) == 100 - 16
    assert answers.count(None) == 16


def test_an_outbox_that_cannot_be_read_is_no_mistake_of_the_server(path: Path) -> None:
    path.write_bytes(b"no database at all" * 1000)
    for question in (
        lambda archive: archive.prediction(ids(1)[0]),
        lambda archive: archive.keep(Feedback(ids(1)[0], "animals", "1", "0", "1")),
    ):
        with pytest.raises(ArchiveError, match="not a database"):
            ask(path, None, question)


@pytest.mark.parametrize("moment", [0, 1])
def test_the_first_truth_counts_also_while_it_is_shipped(path: Path, database: Engine, moment: int) -> None:
    """The first truth leaves the outbox for the database before or after the second one's first look."""
    raw_metadata.create_all(database)

    class Shipped(Archive):
        looks = 0

        async def _in_thread(self, work: Callable[[], Result]) -> Result:
            if self.looks == moment:
                outbox = connect(path)
                (shipped,) = ship(outbox, database)
                assert len(shipped) == 1
                outbox.close()
            self.looks += 1
            return await super()._in_thread(work)

    async def run() -> list[object]:
        url = database.url.render_as_string()
        plain, while_shipped = Archive(path, url), Shipped(path, url)
        first = await plain.keep(Feedback("a", "animals", "1", "0", "1"))
        second = await while_shipped.keep(Feedback("a", "animals", "1", "0", "2"))
        plain.close()
        while_shipped.close()
        return [first, second]

    assert asyncio.run(run()) == ["1", "1"]
