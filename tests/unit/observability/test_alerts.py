"""Every alert has its entry in the runbook and tests that it fires and that it does not (tests/stack runs them)."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
FILES = sorted((ROOT / "observability" / "prometheus" / "rules").glob("*.yaml"))
TESTS = Path(__file__).parent / "rules"


def alerts(file: Path) -> dict[str, dict[str, Any]]:
    groups = yaml.safe_load(file.read_text())["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_alert_is_seen_to_fire_and_not_to_fire(file: Path) -> None:
    cases = yaml.safe_load((TESTS / file.name).read_text())["tests"]
    seen = {(case["alertname"], bool(case["exp_alerts"])) for test in cases for case in test["alert_rule_test"]}
    assert seen == {(name, fires) for name in alerts(file) for fires in (True, False)}


def test_the_runbook_has_an_entry_for_each_alert_and_for_nothing_else() -> None:
    page = (ROOT / "docs" / "runbook.md").read_text()
    entries = dict(re.findall(r"^### (\w+)\n\n(.*?)(?=\n#|\Z)", page, re.MULTILINE | re.DOTALL))
    named = {name: rule for file in FILES for name, rule in alerts(file).items()}
    assert entries.keys() == named.keys()
    for name, rule in named.items():
        assert rule["annotations"]["runbook"] == f"docs/runbook.md#{name.lower()}"
        assert rule["labels"]["severity"] in {"critical", "warning", "info"}
        for part in ("**Means**", "**Look at**", "**Do**"):
            assert part in entries[name] or part.lower() in entries[name], (name, part)
