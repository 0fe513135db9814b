"""What people and machines read about a search."""

import json
from pathlib import Path

from relevo_loadtest.capacity.report import Finding
from relevo_loadtest.capacity.step import Step
from support.capacity import LIMITS, OBJECTIVE, step

GOOD = step(users=1000, p95_ms=90.0, rate=333.0)
SLOW = step(users=1050, p95_ms=340.0, machine_cores=2.0, server_cores=1.6, client_cores=0.3)
WRONG = step(users=1050, errors={"row: status 503": 40, "no answer within 10 s": 2})
FULL = step(users=2000, p95_ms=900.0, client_core=0.98)


def found(*steps: Step, most: int = 1000) -> Finding:
    return Finding("http://127.0.0.1:8000", steps, most, 20_000, OBJECTIVE, LIMITS)


def test_the_sentence_says_how_many_and_what_broke() -> None:
    assert found(GOOD, SLOW).sentence == (
        "1,000 users: p95 90 ms, 333 answers/s, 0 errors. At 1,050 p95 was 340 ms; used up: the CPU of this "
        "machine: 2.00 of 2 cores busy (server 1.60, client 0.30, others 0.10)."
    )
    assert "0.42% of the questions failed (most of them: row: status 503)" in found(GOOD, WRONG).sentence


def test_a_client_that_was_used_up_is_no_figure() -> None:
    finding = found(GOOD, FULL)
    assert finding.record()["max_users"] is None
    assert finding.sentence.startswith("No figure: at 2,000 users the client was used up")


def test_none_that_held_and_none_that_broke_have_sentences_of_their_own() -> None:
    assert found(SLOW, most=0).sentence.startswith("Not even the fewest users hold the objective: p95 was 340 ms")
    assert found(GOOD).sentence.endswith("More were not tried (MOST_USERS=20000).")


def test_a_step_that_was_disturbed_once_is_not_what_broke() -> None:
    disturbed = step(users=500, p95_ms=400.0)
    assert found(disturbed, GOOD, SLOW).broke == SLOW


def test_it_is_written_for_machines_and_for_people(tmp_path: Path) -> None:
    found(SLOW, GOOD).write(tmp_path)
    record = json.loads((tmp_path / "capacity.json").read_text())
    assert (record["max_users"], record["p95_ms"]) == (1000, 90.0)
    assert [entry["users"] for entry in record["steps"]] == [1050, 1000]
    page = (tmp_path / "capacity.md").read_text()
    assert page.index("| 1,000 |") < page.index("| 1,050 |")
    assert (tmp_path / "capacity.png").read_bytes().startswith(b"\x89PNG")
