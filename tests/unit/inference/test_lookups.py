import asyncio
from collections.abc import Awaitable, Callable

import pytest
from relevo_inference.registry.lookups import Lookups
from relevo_inference.registry.versions import Failed, Missing, Outcome


class World:
    """A clock that stands still, and a registry that answers when the test says so."""

    def __init__(self) -> None:
        self.now = 100.0
        self.asked: list[asyncio.Future[Outcome]] = []
        self.lookups = Lookups(self._ask, max_age=0.1, backoff=1, backoff_max=4, clock=lambda: self.now)

    def _ask(self) -> Awaitable[Outcome]:
        self.asked.append(asyncio.get_running_loop().create_future())
        return self.asked[-1]

    async def answer(self, outcome: Outcome) -> None:
        self.asked[-1].set_result(outcome)
        await settle()

    async def ask(self, outcome: Outcome) -> None:
        """One request, from its question to the outcome it is answered with."""
        request = start(self.lookups)
        await settle()
        await self.answer(outcome)
        assert await request == outcome


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


FIRST, SECOND, DOWN = Missing("first"), Missing("second"), Failed("down")


def scenario(test: Callable[[World], Awaitable[None]]) -> Callable[[], None]:
    """Runs an async test in a world of its own."""

    def run() -> None:
        async def inside() -> None:
            world = World()
            await test(world)
            await world.lookups.close()
            await settle()

        asyncio.run(inside())

    return run


def start(lookups: Lookups, *, fresh: bool = False) -> asyncio.Task[Outcome]:
    async def outcome() -> Outcome:
        return (await lookups.get(fresh=fresh)).outcome

    return asyncio.create_task(outcome())


@scenario
async def test_requests_at_once_share_one(world: World) -> None:
    requests = [start(world.lookups) for _ in range(100)]
    await settle()
    await world.answer(FIRST)
    assert await asyncio.gather(*requests) == [FIRST] * 100
    assert len(world.asked) == 1


@scenario
async def test_an_answer_serves_until_its_question_is_too_old(world: World) -> None:
    request = start(world.lookups)
    await settle()
    world.now += 0.04  # the answer's age counts from its question
    await world.answer(FIRST)
    assert await request == FIRST
    assert (await world.lookups.get()).outcome == FIRST
    assert len(world.asked) == 1
    world.now += 0.07
    late = start(world.lookups)
    await settle()
    assert not late.done()
    await world.answer(SECOND)
    assert await late == SECOND


@scenario
async def test_half_way_to_too_old_asks_ahead(world: World) -> None:
    await world.ask(FIRST)
    world.now += 0.06
    assert (await world.lookups.get()).outcome == FIRST
    await settle()
    assert len(world.asked) == 2
    await world.answer(SECOND)
    assert (await world.lookups.get()).outcome == SECOND


@scenario
async def test_fresh_waits_for_a_question_of_its_own(world: World) -> None:
    early = start(world.lookups)
    await settle()
    world.now += 0.01
    fresh = [start(world.lookups, fresh=True) for _ in range(50)]
    await settle()
    assert len(world.asked) == 1, "never two at a time"
    await world.answer(FIRST)
    assert await early == FIRST
    assert not any(request.done() for request in fresh), "that question was older than they are"
    await world.answer(SECOND)
    assert await asyncio.gather(*fresh) == [SECOND] * 50
    assert len(world.asked) == 2


@scenario
async def test_after_a_failure_nobody_waits(world: World) -> None:
    await world.ask(DOWN)
    world.now += 0.5
    assert (await world.lookups.get()).outcome == DOWN
    await settle()
    assert len(world.asked) == 1, "the pause is one second"
    world.now += 0.6
    assert (await world.lookups.get()).outcome == DOWN
    await settle()
    assert len(world.asked) == 2, "the next try runs behind the answer"
    await world.answer(FIRST)
    assert (await world.lookups.get()).outcome == FIRST


@scenario
async def test_pauses_grow_up_to_a_limit(world: World) -> None:
    request = start(world.lookups)
    for pause in (1, 2, 4, 4):
        await settle()
        tries = len(world.asked)
        await world.answer(DOWN)
        await request
        world.now += pause - 0.2
        await world.lookups.get()
        await settle()
        assert len(world.asked) == tries
        world.now += 0.3
        await world.lookups.get()


@scenario
async def test_fresh_insists_after_a_failure(world: World) -> None:
    await world.ask(DOWN)
    world.now += 0.01
    fresh = start(world.lookups, fresh=True)
    await settle()
    await world.answer(FIRST)
    assert await fresh == FIRST


@scenario
async def test_a_cancelled_request_does_not_take_the_others_along(world: World) -> None:
    one, other = start(world.lookups), start(world.lookups)
    await settle()
    one.cancel()
    await settle()
    await world.answer(FIRST)
    assert await other == FIRST
    with pytest.raises(asyncio.CancelledError):
        await one


@scenario
async def test_a_broken_question_is_a_failure(world: World) -> None:
    request = start(world.lookups)
    await settle()
    world.asked[-1].set_exception(RuntimeError("bug"))
    outcome = await request
    assert outcome == Failed("the look-up broke: RuntimeError: bug")
