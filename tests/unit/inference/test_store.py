import os
from pathlib import Path

from relevo_inference.registry.versions import ModelVersion
from relevo_inference.serving.store import ModelStore


def version(number: str) -> ModelVersion:
    return ModelVersion("animals", number, "r", f"models:/{number}", 7)


def test_a_clock_that_was_set_back_does_not_drop_the_version_that_just_came(tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    for number in "123":
        store.keep(store.incoming(), version(number), most=2)
    assert store.find(version("1")) is None, "the oldest goes"
    for kept in tmp_path.glob("*/version.json"):
        os.utime(kept, (4e9, 4e9))  # written when the clock was decades ahead
    store.keep(store.incoming(), version("4"), most=2)
    assert store.find(version("4")) is not None
