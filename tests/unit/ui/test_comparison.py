"""Two versions side by side: every column of either, and only what is known of the change."""

import pytest
from relevo_contract.card import Card
from relevo_contract.explanation import Change, Changes, Importance
from relevo_ui.comparison import by_output, compared
from relevo_ui.tracking import Explained


def importance(**overall: float) -> Importance:
    return Importance(
        unit="probability",
        rows=200,
        background_rows=50,
        overall=overall,
        by_output={"0": overall, "1": dict.fromkeys(overall, 0.0), "2": overall},
        base={"0": 0.5, "1": 0.2, "2": 0.3},
    )


def changes(previous: str) -> Changes:
    legs = Change(
        column="Legs",
        before=0.1,
        after=0.2,
        rank_before=1,
        rank_after=1,
        difference=0.1,
        interval=(0.05, 0.15),
    )
    return Changes(previous=previous, unit="probability", rows=200, sentence="Legs count more.", columns=(legs,))


CURRENT = Explained("4", "a" * 32, importance(Legs=0.2, Body_Width=0.1), changes("3"))


def test_columns_of_either_version_with_what_changed(card: Card) -> None:
    previous = Explained("3", "b" * 32, importance(Legs=0.1, Gone=0.4), None)
    legs, width, gone = compared(CURRENT, previous, card)
    assert (legs.column, legs.change, legs.is_sure) == ("Legs", "+10.0", True)
    assert legs.now is not None
    assert (legs.now.figure, legs.now.width) == ("20.0 %", pytest.approx(50))
    assert (width.column, width.before, width.change) == ("Body Width (m)", None, "")
    assert (gone.column, gone.now) == ("Gone", None)


def test_a_change_since_another_version_is_not_shown_as_one_since_this(card: Card) -> None:
    earlier = Explained("2", "b" * 32, importance(Legs=0.1), None)
    assert {one.change for one in compared(CURRENT, earlier, card)} == {""}
    assert {one.change for one in compared(CURRENT, None, card)} == {""}


def test_the_heat_map_has_a_column_for_each_class(card: Card) -> None:
    outputs, rows = by_output(importance(Legs=0.2, Body_Width=0.1), card)
    assert outputs == ["Ant", "Bee", "2"]
    assert [(name, [cell.figure for cell in cells]) for name, cells in rows] == [
        ("Legs", ["20.0 %", "0.0 %", "20.0 %"]),
        ("Body Width (m)", ["10.0 %", "0.0 %", "10.0 %"]),
    ]
    assert rows[1][1][0].strength == pytest.approx(0.5)


def test_two_classes_need_no_heat_map(card: Card) -> None:
    found = importance(Legs=0.2)
    two = found.model_copy(update={"by_output": {"0": {"Legs": 0.2}, "1": {"Legs": 0.2}}})
    assert by_output(two, card) == ([], [])
