"""Catalogs as people bring them from other tools and versions: each is accepted with one meaning, or refused.

What is refused is refused for what is wrong and nothing else: a word on everything that follows from it would
hide it.
"""

from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction
from textwrap import dedent

from tests.catalog.openslo_kinds import KINDS

from holdfast.catalog.assembly import Assembly, assemble
from holdfast.catalog.documents import split
from holdfast.catalog.model import Comparison, Severity, SpanSelector
from holdfast.catalog.problems import CatalogProblem, ordered
from holdfast.catalog.reading import SourceFile

Judge = Callable[..., tuple[CatalogProblem, ...]]
Read = Callable[..., Assembly]

SERVICE = """\
apiVersion: openslo/v1
kind: Service
metadata: {name: basket}
spec: {description: Keeps what will be bought.}
---
"""
HEAD = SERVICE + "apiVersion: openslo/v1\nkind: SLO\nmetadata: {name: adds}\nspec:\n  service: basket\n"
RATIO = """\
  indicator:
    spec:
      ratioMetric:
        good: {metricSource: {type: traces, spec: {service: basket, status: ok}}}
        total: {metricSource: {type: traces, spec: {service: basket}}}
"""
WINDOW = "  timeWindow: [{duration: 30d, isRolling: true}]\n"
COUNTED = "  budgetingMethod: Occurrences\n"
TARGET = "  objectives: [{target: 0.999}]\n"


def found(problems: tuple[CatalogProblem, ...]) -> list[tuple[str, str]]:
    """Return (rule, path) of each problem."""
    return [(one.rule.value, one.path) for one in problems]


def test_an_older_version_is_refused_once(judge: Judge) -> None:
    """A document in OpenSLO v1alpha has other fields: only its version is wrong, not each of them."""
    older = """\
    apiVersion: openslo/v1alpha
    kind: SLO
    metadata: {name: adds, displayName: Adds}
    spec:
      service: basket
      budgetingMethod: Occurrences
      objectives:
        - ratioMetrics: {incremental: true, good: {source: a, query: b}, total: {source: a, query: c}}
          target: 0.99
      timeWindows: [{unit: Day, count: 30, isRolling: true}]
    """
    assert found(judge(older)) == [("unknown-api-version", "apiVersion")]
    other = "apiVersion: openslo/v1alpha\nkind: Service\nmetadata: {name: basket}\nspec: {owner: us}\n"
    refers = (HEAD + RATIO + WINDOW + COUNTED + TARGET).removeprefix(SERVICE)
    assert found(judge(other, refers)) == [
        ("unknown-api-version", "apiVersion"),
        ("broken-reference", "spec.service"),
    ]


def test_a_calendar_month_is_unsupported(judge: Judge) -> None:
    """A window by the calendar is OpenSLO's and not ours: the report says what to write instead."""
    window = (
        "  timeWindow: [{duration: 1M, isRolling: false, calendar: "
        '{startTime: "2026-01-01 00:00:00", timeZone: Europe/Berlin}}]\n'
    )
    (problem,) = judge(HEAD + RATIO + window + COUNTED + TARGET)
    assert (problem.rule.value, problem.path) == ("unsupported", "spec.timeWindow[0].calendar")
    assert "duration: 28d with isRolling: true" in problem.message


SEVERAL = (
    HEAD.replace(
        "metadata: {name: adds}",
        'metadata: {name: adds, labels: {team: [web, app], "k8s.io/part": x}, annotations: {a.com/x: "1"}}',
    )
    + """\
  indicatorRef: quick
  timeWindow: [{duration: 4w, isRolling: true}]
  budgetingMethod: Occurrences
  objectives:
    - {displayName: "P95 — schnell", target: 0.95}
    - {displayName: "P99 (slow!)", targetPercent: 99}
    - {displayName: "%s", targetPercent: 99.5}
  alertPolicies:
    - alertPolicyRef: rota
    - kind: AlertPolicy
      metadata: {name: inline}
      spec:
        conditions:
          - kind: AlertCondition
            metadata: {name: burns}
            spec:
              severity: page
              condition: {kind: burnrate, op: gte, threshold: 14.4, lookbackWindow: 1h%s}
---
apiVersion: openslo/v1
kind: SLI
metadata: {name: quick}
spec:
  ratioMetric:
    counter: true
    good: {metricSource: {type: traces, spec: &all {service: basket, kind: server, maxDuration: 300ms}}}
    total: {metricSource: {type: traces, spec: {service: basket, kind: server}}}
---
apiVersion: openslo/v1
kind: AlertPolicy
metadata: {name: rota}
spec: {alertWhenResolved: true, conditions: [{conditionRef: hot}], notificationTargets: [{targetRef: us}]}
---
apiVersion: openslo/v1
kind: AlertCondition
metadata: {name: hot}
spec: {severity: page, condition: {kind: burnrate, op: gte, threshold: 14, lookbackWindow: 1h}}
---
apiVersion: openslo/v1
kind: AlertNotificationTarget
metadata: {name: us}
spec: {target: email}
"""
)


def test_names_that_differ_in_signs_only_are_one_name(judge: Judge) -> None:
    """Two display names that make one objective's name, and an alert that waits, are refused, each once."""
    assert found(judge(SEVERAL % ("P99 slow", ", alertAfter: 5m"))) == [
        ("duplicate-name", "spec.objectives[2].displayName"),
        ("unsupported", "spec.alertPolicies[1].spec.conditions[0].spec.condition.alertAfter"),
    ]


def test_several_objectives_with_references_and_anchors(judge: Judge, read: Read) -> None:
    """Documents that refer to later ones, an anchor nobody uses and foreign annotations are all read."""
    text = SEVERAL % ("P99.5", "")
    assert judge(text) == ()
    objectives = read(text).catalog.objectives
    assert [(one.name, one.target) for one in objectives] == [
        ("adds-p95-schnell", Fraction(19, 20)),
        ("adds-p99-5", Fraction(199, 200)),
        ("adds-p99-slow", Fraction(99, 100)),
    ]
    assert {one.window for one in objectives} == {timedelta(days=28)}
    assert {one.sli.good.max_duration_nanoseconds for one in objectives} == {300_000_000}
    tiers = objectives[0].alert_tiers
    assert tiers is not None
    assert [(one.threshold, one.severity, one.comparison, one.long) for one in tiers] == [
        (Fraction(14), Severity.PAGE, Comparison.AT_LEAST, timedelta(hours=1)),
        (Fraction(72, 5), Severity.PAGE, Comparison.AT_LEAST, timedelta(hours=1)),
    ]


def test_time_slices_and_thresholds_are_unsupported(judge: Judge) -> None:
    """What is averaged or sliced is refused at its root, and the fields that belong to it are not."""
    threshold = (
        "  indicator: {spec: {thresholdMetric: {metricSource: {type: traces, spec: {service: basket}}}}}\n"
    )
    objective = (
        "  objectives: [{op: lte, value: 0.5, target: 0.99, timeSliceTarget: 0.95, timeSliceWindow: 1m}]\n"
    )
    assert found(judge(HEAD + threshold + WINDOW + "  budgetingMethod: Timeslices\n" + objective)) == [
        ("unsupported", "spec.indicator.spec.thresholdMetric"),
        ("unsupported", "spec.budgetingMethod"),
    ]


def test_a_target_with_a_percent_sign_is_text(judge: Judge) -> None:
    """`"99.9%"` is text: no number is guessed from it, and the report shows one."""
    (problem,) = judge(HEAD + RATIO + WINDOW + COUNTED + '  objectives: [{target: "99.9%"}]\n')
    assert (problem.rule.value, problem.path, problem.value) == (
        "wrong-type",
        "spec.objectives[0].target",
        "99.9%",
    )
    assert "0.999" in problem.message


def test_a_list_of_documents_is_no_document(judge: Judge) -> None:
    """Documents are set apart by `---`; a list of them is refused once, and none of it is in force."""
    item = "- apiVersion: openslo/v1\n  kind: Service\n  metadata: {name: basket%d}\n"
    assert found(judge(item % 1 + item % 2)) == [("wrong-type", "")]


def test_a_merge_key_is_refused_and_nothing_else_is_missing(judge: Judge) -> None:
    """What a merge key would have brought is not called missing beside it; a stray document is."""
    window = "  timeWindow: [{<<: {isRolling: true}, duration: 30d}]\n"
    assert found(judge(HEAD + RATIO + window + COUNTED + TARGET)) == [("unsupported", "")]
    assert found(
        judge("x-defaults: &d {isRolling: true}\n---\n" + HEAD + RATIO + WINDOW + COUNTED + TARGET)
    ) == [
        ("missing-field", "apiVersion"),
        ("missing-field", "kind"),
        ("missing-field", "metadata"),
    ]


def test_what_a_merge_key_stands_beside_is_still_read(judge: Judge) -> None:
    """A field of the same mapping that is wrong by itself is reported too."""
    window = "  timeWindow: [{<<: {more: x}, isRolling: true, duration: soon}]\n"
    assert found(judge(HEAD + RATIO + window + COUNTED + TARGET)) == [
        ("unsupported", ""),
        ("wrong-format", "spec.timeWindow[0].duration"),
    ]


def test_a_mark_at_the_start_and_windows_line_ends(read: Read) -> None:
    """A byte order mark, CRLF, a document's end and documents of comments only change nothing."""
    text = dedent(
        """\
        ---
        apiVersion: openslo/v1
        kind: Service
        metadata:
          name: basket
        spec:
          description: from Windows
        ...
        ---
        # nothing here
        ---
        """
    )
    source = SourceFile("w.yaml", "\ufeff" + text.replace("\n", "\r\n"))
    parts = split([source], KINDS)
    assert ordered((*parts.problems, *assemble(parts.documents, KINDS).problems)) == ()
    (service,) = assemble(parts.documents, KINDS).catalog.services
    assert (service.name, service.description, service.origin.line) == ("basket", "from Windows", 2)


def test_targets_of_every_spelling_in_one_slo(judge: Judge, read: Read) -> None:
    """Four objectives share their counts; each target is exactly what is written, however close to one."""
    text = HEAD + RATIO + WINDOW + COUNTED + (
        "  objectives: [{target: 0.999, displayName: x}, {target: 1e-1}, {target: .5}, "
        "{target: 0.9999999999999999}]\n"
    )  # fmt: skip
    objectives = read(text).catalog.objectives
    assert [(one.name, one.target) for one in objectives] == [
        ("adds-2", Fraction(1, 10)),
        ("adds-3", Fraction(1, 2)),
        ("adds-4", 1 - Fraction(1, 10**16)),
        ("adds-x", Fraction(999, 1000)),
    ]
    assert len({one.sli for one in objectives}) == 1
    left_out = ("tier-left-out", "spec.objectives[%d].target")
    expected = [(left_out[0], left_out[1] % number) for number in (1, 1, 1, 2, 2, 2)]
    assert found(judge(text)) == [*expected, ("target-very-high", "spec.objectives[3].target")]


def test_latency_with_attributes_over_a_week(judge: Judge, read: Read) -> None:
    """Whole numbers are compared as text, a percentage is exact, and a short window drops two tiers."""
    latency = """\
  indicator:
    spec:
      ratioMetric:
        good: {metricSource: {type: traces, spec: {service: basket, maxDuration: 1.5s, attributes: \
{http.response.status_code: [200, 201], tenant: "gold"}}}}
        total: {metricSource: {type: traces, spec: {service: basket, attributes: {tenant: "gold"}}}}
"""
    week = "  timeWindow: [{duration: 7d, isRolling: true}]\n"
    text = HEAD + latency + week + COUNTED + "  objectives: [{targetPercent: 99.95}]\n"
    (objective,) = read(text).catalog.objectives
    assert (objective.target, objective.window) == (Fraction(1999, 2000), timedelta(days=7))
    assert objective.sli.total == SpanSelector("basket", attributes=(("tenant", ("gold",)),))
    assert objective.sli.good == SpanSelector(
        "basket",
        attributes=(("http.response.status_code", ("200", "201")), ("tenant", ("gold",))),
        max_duration_nanoseconds=1_500_000_000,
    )
    assert found(judge(text)) == [("tier-left-out", "spec.objectives[0].target")] * 2
