"""OpenSLO's own examples: what Holdfast does not measure yet is refused by name, nothing in silence."""

from collections.abc import Callable

import pytest

from holdfast.catalog.problems import CatalogProblem

Judge = Callable[..., tuple[CatalogProblem, ...]]

SOURCE = (
    "          metricSource:\n            type: Any # Any service.\n"
    "            spec:\n              query: Any\n"
)
SLICES = "    - {op: gt, target: 0.9995, timeSliceTarget: 0.95, timeSliceWindow: 1m}\n"


def slo(indicator: str, window: str, method: str, objective: str) -> str:
    """Write an SLO the way the examples of the specification do."""
    return (
        "apiVersion: openslo/v1\nkind: SLO\nmetadata:\n  name: example\n  displayName: An example\nspec:\n"
        "  description: What the specification shows.\n  service: web\n  indicator:\n    metadata:\n"
        f"      name: one\n      displayName: One\n    spec:\n{indicator}  timeWindow:\n{window}"
        f"  budgetingMethod: {method}\n  objectives:\n{objective}  alertPolicies: # nothing here\n"
    )


SERVICE = "apiVersion: openslo/v1\nkind: Service\nmetadata: {name: web}\nspec: {}\n"
RATIO = f"      ratioMetric:\n        good:\n{SOURCE}        total:\n{SOURCE}"
THRESHOLD = "      thresholdMetric:\n" + SOURCE.replace("          m", "        m")
CALENDAR = (
    "    - duration: 1w\n      isRolling: false\n      calendar:\n"
    "        startTime: 2022-01-01 12:00:00\n        timeZone: America/New_York\n"
)
ROLLING = "    - duration: 2w\n      isRolling: true\n"


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        (
            slo(RATIO, CALENDAR, "Timeslices", SLICES),
            [
                ("unsupported", "good.metricSource.type"),
                ("unsupported", "total.metricSource.type"),
                ("unsupported", "timeWindow[0].calendar"),
                ("unsupported", "budgetingMethod"),
                ("misplaced-field", "objectives[0].op"),
            ],
        ),
        (
            slo(RATIO, ROLLING, "RatioTimeslices", "    - {op: gt, timeSliceWindow: 1m, target: 0.99}\n"),
            [
                ("unsupported", "good.metricSource.type"),
                ("unsupported", "total.metricSource.type"),
                ("unsupported", "budgetingMethod"),
                ("misplaced-field", "objectives[0].op"),
            ],
        ),
        (
            slo(THRESHOLD, ROLLING, "Occurrences", "    - {op: lt, value: 500, target: 0.99}\n"),
            [("unsupported", "spec.indicator.spec.thresholdMetric")],
        ),
    ],
    ids=["timeslices on a calendar", "ratio timeslices", "threshold"],
)  # fmt: skip
def test_what_is_not_measured_yet_is_refused_by_name(
    text: str, refused: list[tuple[str, str]], judge: Judge
) -> None:
    """An example of the specification gets exactly these refusals: every one of them and no other."""
    found = [(one.rule.value, one.path) for one in judge(SERVICE, text)]
    assert [rule for rule, _ in found] == [rule for rule, _ in refused]
    assert all(path.endswith(end) for (_, path), (_, end) in zip(found, refused, strict=True))
