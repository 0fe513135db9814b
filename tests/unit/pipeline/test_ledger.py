"""The ledger as a state machine: whatever is tried in whatever order, one request per run and no way back."""

import tempfile
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from relevo_pipeline import ledger
from relevo_pipeline.delivery import Delivery
from relevo_pipeline.errors import ExhaustedError, StepError
from relevo_pipeline.ledger import TRANSITIONS, Collection, State
from relevo_pipeline.migrate import upgrade
from relevo_pipeline.problem_tables import raw_table
from relevo_pipeline.run import Run
from relevo_pipeline.settings import Settings
from relevo_pipeline.stores import Stores
from relevo_problems.registry import load
from sqlalchemy import func, select

PROBLEM = load("covertype")
BATCH = Delivery("1", "real", [["1"] * 13, [None] * 13], size=9, sha256="a" * 64, http_status=200)
RUNS = st.sampled_from(["one", "two", "Two"])


def test_only_an_open_entry_goes_on() -> None:
    assert {state for state, reachable in TRANSITIONS.items() if reachable} == {None, State.REQUESTED}
    assert set().union(*TRANSITIONS.values()) == set(State)
    assert TRANSITIONS.keys() == {None, *State}


def attempt(call: Callable[[], object]) -> object:
    """What the call gives, or what it raises as its sentence."""
    try:
        return call()
    except (ExhaustedError, StepError) as ending:
        return ending


class LedgerMachine(RuleBasedStateMachine):
    """Tasks of several runs that begin, are killed, are cleared and end in any order."""

    @initialize()
    def fresh(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.settings = Settings(
            raw_db_url=f"sqlite:///{self.folder.name}/raw.db", clean_db_url=f"sqlite:///{self.folder.name}/clean.db"
        )
        self.stores = Stores.open(self.settings)
        upgrade(self.stores.raw, "raw")
        self.requests: Counter[str] = Counter()
        self.ids: dict[str, int] = {}
        self.states: dict[str, State] = {}

    def run_called(self, name: str) -> Run:
        return Run(PROBLEM, name, self.stores, self.settings)

    @rule(name=RUNS)
    def begin(self, name: str) -> None:
        before = self.states.get(name)
        claim = attempt(lambda: ledger.begin(self.run_called(name)))
        match before:
            case None:
                assert isinstance(claim, int)
                self.requests[name] += 1
                self.ids[name], self.states[name] = claim, State.REQUESTED
            case State.RECEIVED:
                assert isinstance(claim, Collection)
                assert (claim.id, claim.rows) == (self.ids[name], 2)
            case State.EXHAUSTED:
                assert isinstance(claim, ExhaustedError)
            case _:
                assert isinstance(claim, StepError)
                assert "start a new run" in str(claim)

    @rule(name=RUNS, to=st.sampled_from([State.RECEIVED, State.EXHAUSTED, State.FAILED]))
    def end(self, name: str, to: State) -> None:
        if name not in self.ids:
            return
        run, key = self.run_called(name), self.ids[name]
        if to is State.RECEIVED:
            refusal = attempt(lambda: ledger.received(run, key, BATCH))
        else:
            refusal = attempt(lambda: ledger.ended(run, key, to, "because", None))
        if to in TRANSITIONS[self.states[name]]:
            assert not isinstance(refusal, Exception)
            self.states[name] = to
        else:
            assert str(refusal) == f"the ledger row {key} was not open any more when it was to become {to}"

    @invariant()
    def one_request_and_every_row_once(self) -> None:
        assert all(count == 1 for count in self.requests.values())
        if not self.ids:
            return
        table = raw_table(PROBLEM)
        with self.stores.raw.connect() as connection:
            rows = dict(
                connection.execute(
                    select(table.c.collection_id, func.count()).group_by(table.c.collection_id)
                ).all()
            )
        received = [name for name, state in self.states.items() if state is State.RECEIVED]
        assert rows == {self.ids[name]: 2 for name in received}
        for name, state in self.states.items():
            entry = ledger.find(self.run_called(name))
            assert entry is not None
            assert (entry.state, entry.id) == (state, self.ids[name])

    def teardown(self) -> None:
        self.stores.close()
        self.folder.cleanup()


LedgerMachine.TestCase.settings = settings(max_examples=25, stateful_step_count=20)
TestLedger = LedgerMachine.TestCase


def test_a_state_of_a_later_release_is_not_asked_again(run: Run) -> None:
    key = ledger.begin(run)
    table = ledger.collections
    with run.stores.raw.begin() as connection:
        connection.execute(table.update().where(table.c.id == key).values(state="sleeping"))
    with pytest.raises(StepError, match="already sent its request"):
        ledger.begin(run)
