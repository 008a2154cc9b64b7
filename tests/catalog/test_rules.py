"""Every rule of the catalog, each broken by the smallest change to a sound catalog."""

# ruff: noqa: E501 - one case a line, read as a table

from collections.abc import Callable
from pathlib import Path

import pytest

from holdfast.catalog.problems import CatalogProblem, ProblemLevel, Rule

Judge = Callable[..., tuple[CatalogProblem, ...]]
Edit = Callable[..., str]

OBJECTIVE = "    - target: 0.999\n"
RATIO = "spec.indicator.spec.ratioMetric"
SPEC = f"{RATIO}.good.metricSource.spec"
TOTAL_SPEC = f"{RATIO}.total.metricSource.spec"
POLICY = """\
  alertPolicies:
    - kind: AlertPolicy
      metadata:
        name: fast
      spec:
        conditions:
          - kind: AlertCondition
            metadata: {name: fast}
            spec:
              severity: page
              condition: {kind: burnrate, op: gte, threshold: 13.44, lookbackWindow: 1h, alertAfter: 0m}
"""
CONDITION = "spec.alertPolicies[0].spec.conditions[0].spec"


def policy(*pieces: str) -> tuple[str, str]:
    """Add an inline alert policy, with one piece of it replaced."""
    text = POLICY.replace(*pieces) if pieces else POLICY
    assert not pieces or text != POLICY
    return OBJECTIVE, OBJECTIVE + text


ERRORS = [
    ("unknown-field", "spec.servise", [("  service: checkout\n  ind", "  servise: checkout\n  ind")]),
    ("missing-field", "spec.service", [("  service: checkout\n  ind", "  ind")]),
    ("unknown-field", "specs", [("kind: SLO\n", "kind: SLO\nspecs: {}\n")]),
    ("unknown-field", "metadata.title", [("  name: checkout\n", "  name: checkout\n  title: x\n")]),
    ("unknown-api-version", "apiVersion", [("apiVersion: openslo/v1\nkind: SLO", "apiVersion: v2\nkind: SLO")]),
    ("unknown-kind", "kind", [("kind: SLO", "kind: SLOs")]),
    ("unknown-kind", "kind", [("openslo/v1\nkind: SLO", "holdfast.dev/v1\nkind: SLO")]),
    ("missing-field", "metadata.name", [("  name: orders-succeed\n", "")]),
    ("wrong-format", "metadata.name", [("name: orders-succeed", "name: Orders_Succeed")]),
    ("wrong-format", "metadata.name", [("name: orders-succeed", "name: " + "a" * 64)]),
    ("wrong-type", "metadata.name", [("name: orders-succeed", "name: 7")]),
    ("wrong-type", "metadata.labels.tier", [('tier: "1"', "tier: 1")]),
    ("wrong-type", "spec", [("spec:\n  description: Turns a cart into a paid order.", "spec: []")]),
    ("too-large", "spec.description", [("A shopper who wants to pay can.", "x" * 1051)]),
    ("wrong-format", "spec.description", [("A shopper who wants to pay can.", '"a\\u0000b"')]),
    ("unknown-annotation", 'metadata.annotations["holdfast.dev/event"]', [("/events:", "/event:")]),
    ("unknown-value", 'metadata.annotations["holdfast.dev/no-data"]', [("/events: orders", "/no-data: maybe")]),
    ("out-of-range", 'metadata.annotations["holdfast.dev/coverage-floor"]', [("/events: orders", "/coverage-floor: 1.5")]),
    ("wrong-format", 'metadata.annotations["holdfast.dev/events"]', [("events: orders", "events: " + "o" * 41)]),
    ("unknown-reference", "spec.service", [("service: checkout\n  ind", "service: chekout\n  ind")]),
    ("unknown-reference", "spec.indicatorRef", [("  indicator:\n", "  indicatorRef: x\n  indicator:\n")]),
    ("exclusive-fields", "spec.indicatorRef", [("  indicator:\n", "  indicatorRef: x\n  indicator:\n")]),
    ("wrong-type", "spec.timeWindow", [("    - duration: 28d\n      isRolling: true", "    duration: 28d")]),
    ("out-of-range", "spec.timeWindow", [("    - duration: 28d\n", "    - {duration: 1d, isRolling: true}\n    - duration: 28d\n")]),
    ("out-of-range", "spec.timeWindow[0].duration", [("28d", "59m")]),
    ("out-of-range", "spec.timeWindow[0].duration", [("28d", "401d")]),
    ("wrong-format", "spec.timeWindow[0].duration", [("28d", "1M")]),
    ("wrong-format", "spec.timeWindow[0].duration", [("28d", "28 days")]),
    ("unsupported", "spec.timeWindow[0].isRolling", [("isRolling: true", "isRolling: false")]),
    ("wrong-type", "spec.timeWindow[0].isRolling", [("isRolling: true", "isRolling: yes")]),
    ("unsupported", "spec.timeWindow[0].calendar", [("isRolling: true", "isRolling: false\n      calendar: {startTime: 2026-01-01 00:00:00, timeZone: Europe/Berlin}")]),
    ("exclusive-fields", "spec.timeWindow[0].calendar", [("isRolling: true", "isRolling: true\n      calendar: {startTime: 2026-01-01 00:00:00, timeZone: Europe/Berlin}")]),
    ("unknown-value", "spec.timeWindow[0].calendar.timeZone", [("isRolling: true", "isRolling: false\n      calendar: {startTime: 2026-01-01 00:00:00, timeZone: Mars/Base}")]),
    ("wrong-format", "spec.timeWindow[0].calendar.startTime", [("isRolling: true", "isRolling: false\n      calendar: {startTime: 2026-13-01 00:00:00, timeZone: Europe/Berlin}")]),
    ("unsupported", "spec.budgetingMethod", [("Occurrences", "Timeslices")]),
    ("unsupported", "spec.budgetingMethod", [("Occurrences", "RatioTimeslices")]),
    ("unknown-value", "spec.budgetingMethod", [("Occurrences", "Occurences")]),
    ("out-of-range", "spec.objectives", [("objectives:\n    - target: 0.999", "objectives: []")]),
    ("out-of-range", "spec.objectives[0].target", [("0.999", "0")]),
    ("out-of-range", "spec.objectives[0].target", [("0.999", "1")]),
    ("out-of-range", "spec.objectives[0].target", [("0.999", "99.9")]),
    ("out-of-range", "spec.objectives[0].target", [("0.999", "-0.5")]),
    ("wrong-type", "spec.objectives[0].target", [("0.999", '"0.999"')]),
    ("wrong-type", "spec.objectives[0].target", [("0.999", ".nan")]),
    ("wrong-type", "spec.objectives[0].target", [("0.999", ".inf")]),
    ("wrong-type", "spec.objectives[0].target", [("0.999", "1e-999999999")]),
    ("wrong-type", "spec.objectives[0].target", [("0.999", "0." + "9" * 99)]),
    ("missing-field", "spec.objectives[0].target", [("target: 0.999", "displayName: x")]),
    ("out-of-range", "spec.objectives[0].targetPercent", [("target: 0.999", "targetPercent: 100")]),
    ("exclusive-fields", "spec.objectives[0].targetPercent", [("target: 0.999", "{target: 0.999, targetPercent: 99.9}")]),
    ("misplaced-field", "spec.objectives[0].op", [("target: 0.999", "{target: 0.999, op: lt}")]),
    ("misplaced-field", "spec.objectives[0].value", [("target: 0.999", "{target: 0.999, value: 5}")]),
    ("misplaced-field", "spec.objectives[0].timeSliceTarget", [("target: 0.999", "{target: 0.999, timeSliceTarget: 0.9}")]),
    ("misplaced-field", "spec.objectives[0].timeSliceWindow", [("target: 0.999", "{target: 0.999, timeSliceWindow: 1m}")]),
    ("unsupported", "spec.objectives[0].compositeWeight", [("target: 0.999", "{target: 0.999, compositeWeight: 2}")]),
    ("unsupported", "spec.objectives[0].indicatorRef", [("target: 0.999", "{target: 0.999, indicatorRef: x}")]),
    ("unsupported", "spec.objectives[0].indicator", [("target: 0.999", "{target: 0.999, indicator: {}}")]),
    ("duplicate-name", "spec.objectives[1].displayName", [(OBJECTIVE, "    - {displayName: A, target: 0.9}\n    - {displayName: a, target: 0.99}\n")]),
    ("unsupported", "spec.indicator.spec.thresholdMetric", [("ratioMetric:", "thresholdMetric: {metricSource: {type: traces}}\n      ratioMetric:")]),
    ("exclusive-fields", "spec.indicator.spec.ratioMetric", [("ratioMetric:", "thresholdMetric: {metricSource: {type: traces}}\n      ratioMetric:")]),
    ("unsupported", f"{RATIO}.counter", [("counter: true", "counter: false")]),
    ("unsupported", f"{RATIO}.raw", [("counter: true", "raw: {metricSource: {type: traces}}")]),
    ("unsupported", f"{RATIO}.rawType", [("counter: true", "rawType: success")]),
    ("exclusive-fields", f"{RATIO}.bad", [("counter: true", "bad: {}")]),
    ("missing-field", f"{RATIO}.good", [("        good:", "        goods:")]),
    ("unsupported", f"{RATIO}.good.metricSource.type", [("type: traces", "type: Prometheus")]),
    ("missing-field", f"{RATIO}.good.metricSource.type", [("            type: traces\n", "")]),
    ("unknown-reference", f"{RATIO}.good.metricSource.metricSourceRef", [("type: traces", "metricSourceRef: x")]),
    ("missing-field", f"{SPEC}.service", [("              service: checkout\n              operation: POST /orders\n              status", "              status")]),
    ("unknown-field", f"{SPEC}.where", [("status: ok", "where: x = 1")]),
    ("unknown-value", f"{SPEC}.status", [("status: ok", "status: unset")]),
    ("unknown-value", f"{SPEC}.kind", [("status: ok", "kind: servers")]),
    ("wrong-type", f"{SPEC}.maxDuration", [("status: ok", "maxDuration: 800")]),
    ("wrong-format", f"{SPEC}.maxDuration", [("status: ok", "maxDuration: fast")]),
    ("wrong-format", f"{SPEC}.maxDuration", [("status: ok", "maxDuration: 0.5ns")]),
    ("out-of-range", f"{SPEC}.maxDuration", [("status: ok", "maxDuration: 0ms")]),
    ("out-of-range", f"{SPEC}.maxDuration", [("status: ok", "maxDuration: 25h")]),
    ("wrong-type", f"{SPEC}.attributes.a", [("status: ok", "attributes: {a: 0.5}")]),
    ("wrong-type", f"{SPEC}.attributes.a", [("status: ok", "attributes: {a: null}")]),
    ("wrong-type", f"{SPEC}.attributes.a[0]", [("status: ok", "attributes: {a: [[b]]}")]),
    ("wrong-format", f"{SPEC}.attributes.a", [("status: ok", "attributes: {a: []}")]),
    ("wrong-format", f"{SPEC}.attributes", [("status: ok", "attributes: {}")]),
    ("wrong-format", f"{SPEC}.operation", [("operation: POST /orders\n              status", "operation: []\n              status")]),
    ("misplaced-field", f"{TOTAL_SPEC}.status", [("operation: POST /orders\n  time", "operation: POST /orders\n              status: ok\n  time")]),
    ("misplaced-field", f"{TOTAL_SPEC}.maxDuration", [("operation: POST /orders\n  time", "operation: POST /orders\n              maxDuration: 1s\n  time")]),
    ("selector-not-narrower", f"{SPEC}.service", [("service: checkout\n              operation: POST /orders\n              status", "service: cart\n              operation: POST /orders\n              status")]),
    ("selector-not-narrower", f"{SPEC}.environment", [("operation: POST /orders\n  time", "environment: production\n              operation: POST /orders\n  time")]),
    ("selector-not-narrower", f"{SPEC}.namespace", [("              status: ok", "              namespace: default\n              status: ok")]),
    ("wrong-type", f"{SPEC}.environment", [("              status: ok", "              environment: [a, b]\n              status: ok")]),
    ("too-large", f"{TOTAL_SPEC}.namespace", [("operation: POST /orders\n  time", f"namespace: {'n' * 301}\n              operation: POST /orders\n  time")]),
    ("selector-not-narrower", f"{SPEC}.operation", [("operation: POST /orders\n              status", "status")]),
    ("selector-not-narrower", f"{SPEC}.kind", [("status: ok", "kind: client\n              status: ok")]),
    ("selector-not-narrower", f"{SPEC}.attributes", [("operation: POST /orders\n  time", "operation: POST /orders\n              attributes: {a: b}\n  time")]),
    ("selector-not-narrower", f"{RATIO}.good.metricSource.spec", [("              status: ok\n", "")]),
    ("unsupported", f"{RATIO}.bad.metricSource", [("        good:", "        bad:"), ("status: ok", "maxDuration: 1s")]),
    ("unknown-reference", "spec.alertPolicies[0].alertPolicyRef", [(OBJECTIVE, OBJECTIVE + "  alertPolicies: [{alertPolicyRef: x}]\n")]),
    ("exclusive-fields", "spec.alertPolicies[0].spec", [policy("kind: AlertPolicy", "alertPolicyRef: x")]),
    ("never-fires", "spec.alertPolicies", [policy("13.44", "1001")]),
    ("never-fires", "spec.alertPolicies", [policy("op: gte, threshold: 13.44", "op: gt, threshold: 1000")]),
    ("out-of-range", "spec.alertPolicies", [policy("lookbackWindow: 1h", "lookbackWindow: 29d")]),
    ("unsupported", f"{CONDITION}.condition.op", [policy("op: gte", "op: lte")]),
    ("unsupported", f"{CONDITION}.condition.alertAfter", [policy("alertAfter: 0m", "alertAfter: 5m")]),
    ("unknown-value", f"{CONDITION}.condition.kind", [policy("burnrate", "burn-rate")]),
    ("out-of-range", f"{CONDITION}.condition.threshold", [policy("13.44", "0")]),
    ("out-of-range", f"{CONDITION}.condition.lookbackWindow", [policy("lookbackWindow: 1h", "lookbackWindow: 5m")]),
    ("unknown-value", f"{CONDITION}.severity", [policy("severity: page", "severity: pager")]),
    ("out-of-range", 'spec.alertPolicies[0].spec.conditions[0].metadata.annotations["holdfast.dev/short-window"]', [policy("{name: fast}", "{name: fast, annotations: {holdfast.dev/short-window: 1h}}")]),
    ("out-of-range", 'spec.alertPolicies[0].spec.conditions[0].metadata.annotations["holdfast.dev/short-window"]', [policy("{name: fast}", "{name: fast, annotations: {holdfast.dev/short-window: 5s}}")]),
    ("wrong-format", 'spec.alertPolicies[0].spec.conditions[0].metadata.annotations["holdfast.dev/short-window"]', [policy("{name: fast}", "{name: fast, annotations: {holdfast.dev/short-window: soon}}")]),
    ("unsupported", "spec.alertPolicies[0].spec.alertWhenNoData", [policy("        conditions", "        alertWhenNoData: true\n        conditions")]),
    ("unsupported", "spec.alertPolicies[0].spec.alertWhenBreaching", [policy("        conditions", "        alertWhenBreaching: false\n        conditions")]),
    ("unknown-reference", "spec.alertPolicies[0].spec.notificationTargets[0].targetRef", [policy("        conditions", "        notificationTargets: [{targetRef: x}]\n        conditions")]),
    ("missing-field", "spec.alertPolicies[0].spec.notificationTargets[0].spec.target", [policy("        conditions", "        notificationTargets: [{spec: {}}]\n        conditions")]),
    ("unknown-value", "spec.alertPolicies[0].kind", [policy("kind: AlertPolicy", "kind: Alert")]),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "path", "edits"), ERRORS)
def test_a_broken_rule_is_named_with_its_place(
    rule: str, path: str, edits: list[tuple[str, str]], judge: Judge, edit: Edit
) -> None:
    """Each rule is reported as an error with its path, a line, and a sentence that says what to do."""
    problems = judge(edit(*edits))
    found = [one for one in problems if (one.rule, one.path) == (rule, path)]
    assert found, [(one.rule.value, one.path, one.message) for one in problems]
    assert found[0].level is ProblemLevel.ERROR
    assert found[0].file == "1.yaml"
    assert found[0].line > 0
    assert len(found[0].message) > 10


WARNINGS = [
    ("target-very-high", "spec.objectives[0].target", [("0.999", "0.99999")]),
    ("window-short", "spec.timeWindow", [("28d", "6d"), policy("13.44", "3")]),
    ("tier-left-out", "spec.objectives[0].target", [("0.999", "0.9")]),
    ("tier-left-out", "spec.objectives[0].target", [("28d", "7d")]),
    ("no-alerts", "spec.alertPolicies", [(OBJECTIVE, OBJECTIVE + "  alertPolicies: []\n")]),
    ("fires-too-late", "spec.alertPolicies", [policy("13.44", "700")]),
]


@pytest.mark.parametrize(("rule", "path", "edits"), WARNINGS)
def test_advice_does_not_keep_a_document_out(
    rule: str, path: str, edits: list[tuple[str, str]], judge: Judge, edit: Edit
) -> None:
    """Good practice is a warning, and a warning is the only thing reported."""
    problems = judge(edit(*edits))
    assert {(one.rule.value, one.path) for one in problems} == {(rule, path)}
    assert {one.level for one in problems} == {ProblemLevel.WARNING}


def test_a_sound_catalog_has_nothing_to_report(judge: Judge, sound: str) -> None:
    """No problem is invented."""
    assert judge(sound) == ()


def test_all_problems_are_reported_at_once(judge: Judge, edit: Edit) -> None:
    """A document with four mistakes gets four reports, in the order of lines."""
    text = edit(
        ("Occurrences", "Timeslices"), ("0.999", "99.9"), ("status: ok", "statuss: ok"), ("28d", "1Q")
    )
    rules = [(one.line, one.rule.value) for one in judge(text)]
    assert [rule for _, rule in rules] == ["unknown-field", "wrong-format", "unsupported", "out-of-range"]
    assert rules == sorted(rules)


def test_the_line_and_value_are_those_of_the_mistake(judge: Judge, edit: Edit) -> None:
    """A report points at the line a person has to edit and repeats what stands there."""
    text = edit(("0.999", "99.9"))
    (problem,) = judge(text)
    assert text.split("\n")[problem.line - 1].strip() == "- target: 99.9"
    assert problem.value == "99.9"
    assert problem.message == "99.9 looks like percent: write target: 0.999 or targetPercent: 99.9"


def test_an_unknown_word_is_met_with_the_nearest_known_one(judge: Judge, edit: Edit) -> None:
    """A typing mistake is answered with what was meant."""
    (reference,) = judge(edit(("service: checkout\n  ind", "service: chekout\n  ind")))
    assert 'did you mean "checkout"?' in reference.message
    field = judge(edit(("budgetingMethod", "budgetingMetod")))
    assert any('did you mean "budgetingMethod"?' in one.message for one in field)


def test_a_name_belongs_to_the_first_document(judge: Judge, sound: str, edit: Edit) -> None:
    """A second document of the same kind and name is refused, and its own mistakes are shown too."""
    problems = judge(sound, edit(("0.999", "7")))
    assert [(one.file, one.rule.value) for one in problems] == [
        ("2.yaml", "duplicate-name"),
        ("2.yaml", "duplicate-name"),
        ("2.yaml", "out-of-range"),
    ]
    assert "1.yaml line 1" in problems[0].message


def test_an_objective_name_made_twice_is_refused(judge: Judge, sound: str) -> None:
    """`a` with an objective `b` and an SLO `a-b` would be the same objective."""
    service, slo = sound.split("---\n")
    two = slo.replace("name: orders-succeed", "name: orders").replace(
        "    - target: 0.999", "    - {displayName: Succeed, target: 0.9}\n    - {target: 0.99}"
    )
    problems = judge(service, slo, two)
    assert [(one.file, one.rule) for one in problems if one.level is ProblemLevel.ERROR] == [
        ("3.yaml", Rule.DUPLICATE_NAME)
    ]


def test_what_refers_to_a_broken_document_says_so(judge: Judge, edit: Edit) -> None:
    """An SLO of a broken service names the service, not a riddle."""
    problems = judge(edit(("  displayName: Checkout\n", "  displayNam: Checkout\n")))
    assert [one.rule.value for one in problems] == ["unknown-field", "broken-reference"]


def test_every_rule_is_documented() -> None:
    """The reference explains each rule under its name."""
    text = (Path(__file__).parents[2] / "docs/reference/catalog.md").read_text(encoding="utf-8")
    assert [rule.value for rule in Rule if f"`{rule.value}`" not in text] == []
