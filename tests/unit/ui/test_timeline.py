"""The charts of the history: from the rows as the databases have them to places in a picture."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from relevo_contract.assessment import Assessment, ColumnDrift, Score, Volume
from relevo_ui.chart import HEIGHT, LEFT, chart
from relevo_ui.timeline import MOST, timeline

START = datetime(2026, 11, 21, 7, 0)  # noqa: DTZ001 - the databases keep UTC without a zone


def run(number: int, **values: Any) -> dict[str, Any]:
    base: dict[str, Any] = dict.fromkeys(
        ("champion_version", "challenger_version", "champion_score", "challenger_score", "evidence")
    )
    base |= {"batch": str(number), "dag_run_id": f"run {number}", "metric": "macro_f1"}
    return base | {"started_at": START + timedelta(minutes=number)} | values


def promotion(minutes: float, to: str, dag_run_id: str | None = None) -> dict[str, Any]:
    return {
        "from_version": "1",
        "to_version": to,
        "promoted_at": START + timedelta(minutes=minutes),
        "promoted_by": "ana",
        "reason": "r",
        "dag_run_id": dag_run_id,
    }


def evidence(psi: float, *, metric: str = "macro_f1") -> dict[str, Any]:
    drift = ColumnDrift(column="Body_Width", test="ks", statistic=0.1, p=0.1, q=0.1, psi=psi, drifted=psi >= 0.1)
    volume = Volume(received=9, new=9, batches=0, usual_received=None, usual_new=None)
    score = Score(metric=metric, value=0.5, low=0.4, high=0.6, recorded=None)
    found = Assessment(version="1", volume=volume, reference_rows=9, columns=(drift,), score=score)
    return {"assessment": found.model_dump(mode="json")}


def test_promotions_stand_where_they_happened() -> None:
    runs = [run(number, challenger_score=0.5) for number in (3, 2, 1)]
    moves = [promotion(9, "2"), promotion(2.5, "1"), promotion(2.2, "3", "run 2"), promotion(0, "0")]
    told = timeline(runs, moves)
    assert [batch.label for batch in told.batches] == ["1", "2", "3"]
    # What came before the first batch that is shown has no place.
    assert [(p.position, p.to_version, p.by_hand) for p in told.promotions] == [
        (1, "3", False),
        (1, "1", True),
        (2, "2", True),
    ]
    drawn = chart(told)
    assert drawn is not None
    by_run, by_hand, _ = drawn.flags
    assert by_run.x == drawn.challengers[1].x < by_hand.x < drawn.challengers[2].x


def test_drift_and_the_score_on_new_rows_come_from_the_evidence() -> None:
    odd = run(3, evidence={"assessment": {"of": "another release"}})
    other = run(2, evidence=evidence(0.02, metric="another"))
    told = timeline([odd, other, run(1, evidence=evidence(0.3), champion_score=0.7)], [])
    assert told.columns == ["Body_Width"]
    assert [dict(batch.drift) for batch in told.batches] == [
        {"Body_Width": (0.3, True)},
        {"Body_Width": (0.02, False)},
        {},
    ]
    assert [batch.on_new_rows is not None for batch in told.batches] == [True, False, False]
    assert told.range == (0.4, 0.7)


def test_no_score_no_chart() -> None:
    assert chart(timeline([run(1)], [])) is None
    assert chart(timeline([], [])) is None


scores = st.none() | st.floats(-1e9, 1e9, allow_nan=False)


@given(st.lists(st.tuples(scores, scores), min_size=1, max_size=MOST + 5))
def test_everything_stands_inside_the_picture(pairs: list[tuple[float | None, float | None]]) -> None:
    runs = [run(i, champion_score=old, challenger_score=new) for i, (old, new) in enumerate(pairs)]
    drawn = chart(timeline(list(reversed(runs)), []))
    shown = pairs[-MOST:]
    if not any(score is not None for pair in shown for score in pair):
        assert drawn is None
        return
    assert drawn is not None
    assert len(drawn.labels) == len(shown)
    assert len(drawn.champions) == sum(old is not None for old, _ in shown)
    assert len(drawn.challengers) == sum(new is not None for _, new in shown)
    for point in (*drawn.champions, *drawn.challengers):
        assert LEFT <= point.x <= drawn.right < drawn.width
        assert 0 <= point.y <= HEIGHT
    heights = [y for y, _ in drawn.ticks]
    assert heights
    assert all(drawn.top - 1 <= y <= drawn.bottom + 1 for y in heights)
    # A higher score never stands lower.
    olds = [old for old, _ in shown if old is not None]
    ordered = sorted(zip(olds, (point.y for point in drawn.champions), strict=True))
    assert all(lower >= higher for (_, lower), (_, higher) in pairwise(ordered))
