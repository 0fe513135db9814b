"""A time limit that many share."""

import asyncio

import pytest
from relevo_inference.time_limit import TimeLimit


def test_who_is_late_is_interrupted_and_nobody_else() -> None:
    async def main() -> list[str]:
        limit = TimeLimit(0.05)
        ended: list[str] = []

        async def wait(name: str, event: asyncio.Event) -> None:
            try:
                await limit.on(event.wait())
            except TimeoutError:
                ended.append(f"{name} late")
            else:
                ended.append(f"{name} in time")
            await asyncio.sleep(0)  # a cancellation that is left over would come here
            assert asyncio.current_task().cancelling() == 0  # type: ignore[union-attr]

        never, soon = asyncio.Event(), asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(wait("first", never))
            group.create_task(wait("second", soon))
            await asyncio.sleep(0)
            soon.set()
            await asyncio.sleep(0.02)
            group.create_task(wait("third", never))
        return ended

    assert asyncio.run(main()) == ["second in time", "first late", "third late"]


def test_it_waits_again_for_who_comes_when_nobody_was_left() -> None:
    async def main() -> None:
        limit = TimeLimit(0.01)
        assert await limit.on(asyncio.sleep(0, "there")) == "there"
        await asyncio.sleep(0.03)
        for _ in range(2):
            with pytest.raises(TimeoutError):
                await limit.on(asyncio.Event().wait())

    asyncio.run(main())


@pytest.mark.parametrize("seconds", [0.001, 10])
def test_who_is_cancelled_by_others_stays_cancelled(seconds: float) -> None:
    async def main() -> None:
        limit = TimeLimit(seconds)
        task = asyncio.create_task(limit.on(asyncio.Event().wait()))
        await asyncio.sleep(0)
        if seconds < 1:
            # Late and cancelled in the same turn of the loop.
            asyncio.get_running_loop().call_later(seconds, task.cancel)
        else:
            task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert seconds


def test_what_fails_fails() -> None:
    async def fail() -> None:
        raise ValueError("no")

    async def main() -> None:
        with pytest.raises(ValueError, match="no"):
            await TimeLimit(1).on(fail())

    asyncio.run(main())
