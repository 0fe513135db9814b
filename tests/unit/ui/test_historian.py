"""What the tab with the history shows, also of a database that cannot be read."""

from pathlib import Path

from relevo_ui.history import History, Promotions
from relevo_ui.links import Links
from relevo_ui.operation.registry import Registry
from relevo_ui.pages.history import Historian
from relevo_ui.texts import ENGLISH
from support.audited import write


def table(url: str, links: Links, *wanted: str) -> str:
    """What the tab shows of the runs of `animals` in the database at `url`."""
    # Neither of the two is asked: nobody listens there.
    promotions, registry = Promotions(url), Registry("http://127.0.0.1:1")
    return Historian(History(url), promotions, registry, ENGLISH, links).table("animals", *wanted)


def test_a_column_name_is_escaped(tmp_path: Path, links: Links) -> None:
    url = write(tmp_path, {"evidence": {"schema_changes": {"missing": {}, "unexpected": {"<img src=x>": 1}}}})
    html = table(url, links)
    assert "<img" not in html
    assert "Unexpected columns: &lt;img src=x&gt; (1)" in html


def test_the_table_escapes_what_others_wrote(tmp_path: Path, links: Links) -> None:
    url = write(tmp_path, {"decision": "skip", "decision_reason": "<script>alert(1)</script>"})
    html = table(url, links)
    assert "<script>" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_no_runs_is_a_sentence_with_a_way_on(tmp_path: Path, links: Links) -> None:
    html = table(write(tmp_path), links)
    assert ENGLISH.no_runs in html
    assert 'href="https://air.example/dags/animals"' in html


def test_a_server_that_is_down_is_said_without_its_password(links: Links) -> None:
    html = table("mysql+pymysql://ui:hidden@127.0.0.1:1/clean", links)
    assert "127.0.0.1" in html
    assert "hidden" not in html


def test_a_missing_file_says_which_setting_names_it(tmp_path: Path, links: Links) -> None:
    html = table(f"sqlite:///{tmp_path}/clean.db", links)
    assert "unable to open database file" in html
    assert "CLEAN_DB_URL" in html
    assert list(tmp_path.iterdir()) == []


def test_a_filter_that_nothing_matches_says_so(tmp_path: Path, links: Links) -> None:
    url = write(tmp_path, {"decision": "skip"}, {"state": "failed"})
    assert ENGLISH.nothing_matches in table(url, links, "failed", "train")
