"""The output that docs/guide/alerts.md shows is what the commands print, to the letter.

Each line of its samples stands in a golden file, which tests compare with the commands themselves; so a
sentence that changes there fails here until the page says the same.
"""

import re

from tests.lints.source import ROOT

from holdfast.objectives.alerting.explain import AlertStatus

PAGE = (ROOT / "docs/guide/alerts.md").read_text()


def test_every_line_of_output_is_printed_by_a_command() -> None:
    """No sample is made up: its lines are lines of golden files of alerts, incidents and objectives."""
    golden = (ROOT / "tests/golden").glob("*.txt")
    printed = {line for path in golden for line in path.read_text().splitlines()}
    shown = "".join(re.findall(r"^```text\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)).splitlines()
    assert len(shown) > 15
    assert [line for line in shown if line not in printed] == []


def test_every_status_is_explained_once() -> None:
    """The table has a row for each status a tier can have, and for no other."""
    rows = re.findall(r"^\| \*\*(\w+)\*\* \|", PAGE, flags=re.MULTILINE)
    assert sorted(rows) == sorted(one.value for one in AlertStatus)
