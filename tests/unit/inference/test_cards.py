"""Cards of past versions are fetched without getting in anybody's way."""

import asyncio
import socket

from relevo_inference.registry.artifacts import Artifacts
from relevo_inference.registry.versions import LoadError
from relevo_inference.serving.cards import Cards


def test_a_registry_that_says_nothing_holds_up_nobody_else() -> None:
    """It says nothing until its socket is closed, which the test does only after another thread has worked."""

    async def run(silent: socket.socket) -> list[object]:
        artifacts = Artifacts(f"http://127.0.0.1:{silent.getsockname()[1]}", 60)
        cards = Cards(artifacts, {})
        questions = [asyncio.create_task(cards.card("animals", str(n), "run")) for n in range(100)]
        await asyncio.sleep(0)
        assert await asyncio.to_thread(int) == 0
        assert not any(question.done() for question in questions)
        accepted = silent.accept()[0]
        silent.close()
        accepted.close()
        answers = await asyncio.gather(*questions, return_exceptions=True)
        cards.close()
        artifacts.close()
        return list(answers)

    with socket.create_server(("127.0.0.1", 0), backlog=128) as silent:
        answers = asyncio.run(run(silent))
    assert len(answers) == 100
    assert all(isinstance(answer, LoadError) for answer in answers)


def test_one_question_for_all_who_want_the_same_card() -> None:
    async def run(server: socket.socket) -> list[object]:
        artifacts = Artifacts(f"http://127.0.0.1:{server.getsockname()[1]}", 60)
        cards = Cards(artifacts, {})
        questions = [asyncio.create_task(cards.card("animals", "1", "run")) for _ in range(20)]
        accepted = (await asyncio.to_thread(server.accept))[0]
        server.close()
        accepted.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        answers = await asyncio.gather(*questions, return_exceptions=True)
        accepted.close()
        cards.close()
        artifacts.close()
        return list(answers)

    with socket.create_server(("127.0.0.1", 0)) as server:
        answers = asyncio.run(run(server))
    # A second question would have met a closed socket.
    assert {str(answer) for answer in answers} == {"the registry does not know the version (404)"}
