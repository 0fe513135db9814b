"""A setting that nobody can change is none: Compose passes every one on, and .env.example says what it is for."""

from pathlib import Path

import yaml
from relevo_cli import env
from relevo_pipeline.settings import Settings
from relevo_problems.registry import FOLDER

ROOT = Path(__file__).parents[3]


def test_compose_passes_on_every_setting_of_the_pipeline() -> None:
    passed = yaml.safe_load((ROOT / "compose.yaml").read_text())["x-pipeline-environment"]
    # The release is no setting of a stack; the folder of problems is read where they are found.
    assert set(passed) - {FOLDER} == {name.upper() for name in Settings.model_fields} - {"CODE_VERSION"}


def test_the_example_has_the_settings_own_defaults() -> None:
    given = {setting.name: setting.value for setting in env.parse((ROOT / ".env.example").read_text(), ".env")}
    for name in ("data_api_timeout_seconds", "data_api_max_bytes", "explain_seconds", "seed", "train_seconds"):
        assert float(given[name.upper()]) == Settings.model_fields[name].default
