"""What a loaded version answers, by the task and by what its card says of thresholds and intervals."""

from pathlib import Path

import numpy as np
import pytest
from relevo_contract.card import Conformal
from relevo_inference.registry.versions import LoadError
from support.toys import TAME, binary, opened, regression


@pytest.mark.parametrize(
    ("threshold", "width", "label"), [(None, 0.4, "no"), (0.3, 0.4, "yes"), (0.4, 0.4, "yes"), (0.41, 0.4, "no")]
)
def test_the_threshold_decides_between_two_classes(
    tmp_path: Path, threshold: float | None, width: float, label: str
) -> None:
    model = opened(tmp_path, binary(threshold=threshold), negate=True)
    answer = model.predict_one({"Width": width})
    assert answer["label"] == label
    assert answer["label_name"] == TAME.display(label)
    assert answer["probabilities"] == pytest.approx({"no": 1 - width, "yes": width})


def test_a_value_comes_with_its_interval(tmp_path: Path) -> None:
    linear = opened(tmp_path, regression(conformal=Conformal(coverage=0.9, low=-0.25, high=1)), negate=False)
    assert linear.predict_one({"Width": 0.5}) == {
        "value": 0.5,
        "interval": {"low": 0.25, "high": 1.5, "coverage": 0.9},
    }
    conformal = Conformal(coverage=0.8, scale="log", low=-np.log(2), high=np.log(4))
    answers = opened(tmp_path, regression(conformal=conformal), negate=False).predict_many(
        [{"Width": 0.5}, {"Width": 1.0}]
    )
    assert [answer["interval"]["low"] for answer in answers] == pytest.approx([0.25, 0.5])
    assert [answer["interval"]["high"] for answer in answers] == pytest.approx([2, 4])


def test_a_card_of_an_earlier_release_has_no_interval(tmp_path: Path) -> None:
    model = opened(tmp_path, regression(), negate=False)
    assert model.predict_one({"Width": 0.5}) == {"value": 0.5, "interval": None}


def test_a_threshold_for_what_has_no_two_classes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="only a model of two classes has a threshold"):
        opened(tmp_path, regression(threshold=0.5), negate=False)
    with pytest.raises(LoadError, match="only a regression has a prediction interval"):
        opened(tmp_path, binary(conformal=Conformal(coverage=0.9, low=-1, high=1)), negate=True)
