"""What sound documents mean: objectives, selectors, windows, tiers."""

# ruff: noqa: E501 - documents in few lines

import re
from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.catalog.openslo_kinds import KINDS

from holdfast.app.kinds import KINDS as EVERY_KIND
from holdfast.catalog.assembly import Assembly, assemble, settle
from holdfast.catalog.directory import read_directory
from holdfast.catalog.documents import Split, split
from holdfast.catalog.model import (
    AlertTier,
    Comparison,
    NoData,
    Service,
    Severity,
    Sli,
    SpanKind,
    SpanSelector,
    SpanStatus,
)
from holdfast.catalog.openslo.policies import NOTIFICATION_TARGET
from holdfast.catalog.problems import CatalogProblem
from holdfast.catalog.reading import SourceFile

Read = Callable[..., Assembly]
Judge = Callable[..., tuple[CatalogProblem, ...]]
Edit = Callable[..., str]
OBJECTIVE = "    - target: 0.999\n"


def test_one_slo_becomes_one_objective(read: Read, sound: str) -> None:
    """Every field of a plain SLO arrives in the model, exactly."""
    catalog = read(sound).catalog
    service = Service(
        "checkout", "Checkout", "Turns a cart into a paid order.", "payments", "1",
        (("team", ("payments",)), ("tier", ("1",))),
    )  # fmt: skip
    assert catalog.services == (service,)
    (objective,) = catalog.objectives
    total = SpanSelector("checkout", ("POST /orders",))
    good = SpanSelector("checkout", ("POST /orders",), status=SpanStatus.OK)
    assert objective.sli == Sli(0, "orders", "orders", total, good)
    assert (objective.name, objective.display_name) == ("orders-succeed", "Orders succeed")
    assert (objective.service, objective.team, objective.tier) == ("checkout", "payments", "1")
    assert (objective.target, objective.window) == (Fraction(999, 1000), timedelta(days=28))
    assert (objective.events_noun, objective.no_data) == ("orders", NoData.FREEZE)
    assert objective.coverage_floor == Fraction(9, 10)
    assert objective.alert_tiers is None
    assert (objective.origin.file, objective.origin.line) == ("1.yaml", 10)
    assert total.kinds == (SpanKind.SERVER, SpanKind.CONSUMER)


@pytest.mark.parametrize(
    "written", ["target: 0.9995", "target: 0.99950", "target: 9995e-4", "targetPercent: 99.95"]
)
def test_targets_are_exact_however_written(written: str, read: Read, edit: Edit) -> None:
    """The same promise in four spellings is the same fraction."""
    (objective,) = read(edit(("target: 0.999", written))).catalog.objectives
    assert objective.target == Fraction(9995, 10000)


def test_several_objectives_of_one_slo_share_their_counts(read: Read, edit: Edit) -> None:
    """Each entry becomes an objective of its own name, over the same SLI."""
    two = "    - {displayName: For us, target: 0.999}\n    - {target: 0.99}\n"
    objectives = read(edit((OBJECTIVE, two))).catalog.objectives
    assert [one.name for one in objectives] == ["orders-succeed-2", "orders-succeed-for-us"]
    assert [one.display_name for one in objectives] == ["Orders succeed", "Orders succeed: For us"]
    assert objectives[0].sli == objectives[1].sli
    assert {one.slo for one in objectives} == {"orders-succeed"}


def test_annotations_of_ours_reach_the_objective(read: Read, edit: Edit) -> None:
    """What missing data means and how much must be measured can be said per SLO."""
    own = "holdfast.dev/no-data: bad\n    holdfast.dev/coverage-floor: 0.75\n    example.com/x: y"
    (objective,) = read(edit(("holdfast.dev/events: orders", own))).catalog.objectives
    assert (objective.no_data, objective.coverage_floor) == (NoData.BAD, Fraction(3, 4))
    assert objective.events_noun == "events"


def test_a_selector_says_everything_a_span_can_be_chosen_by(read: Read, edit: Edit) -> None:
    """Operations, kind, attributes, status and duration are read; values of attributes become text."""
    kept = "              status: ok\n              maxDuration: 1.5s"
    more = "kind: client\n              attributes: {code: [200, 0x1f, true], zone: a}"
    text = edit(
        ("operation: POST /orders\n              status: ok",
         f"operation: [b, a]\n              {more}\n{kept}"),
        ("operation: POST /orders\n  time", f"operation: [a, b]\n              {more}\n  time"),
    )  # fmt: skip
    (objective,) = read(text).catalog.objectives
    attributes = (("code", ("200", "31", "true")), ("zone", ("a",)))
    total = SpanSelector("checkout", ("a", "b"), SpanKind.CLIENT, attributes)
    assert objective.sli.total == total
    good = SpanSelector("checkout", ("a", "b"), SpanKind.CLIENT, attributes, SpanStatus.OK, 1_500_000_000)
    assert objective.sli.good == good


def test_bad_events_by_status_become_the_good_rest(read: Read, edit: Edit) -> None:
    """`bad: status: error` counts exactly what `good: status: ok` counts."""
    good = read(edit()).catalog.objectives
    bad = read(edit(("        good:", "        bad:"), ("status: ok", "status: error"))).catalog.objectives
    assert bad == good


def test_an_sli_a_policy_and_a_source_may_be_documents_of_their_own(
    read: Read, judge: Read, sound: str
) -> None:
    """References lead to the same objective as the thing written in place."""
    service, slo = sound.split("---\n")
    inner = slo[slo.index("    spec:\n      ratio") : slo.index("  timeWindow")]
    sli = "apiVersion: openslo/v1\nkind: SLI\nmetadata:\n  name: orders\n" + inner.replace("\n    ", "\n")[4:]
    head = slo[: slo.index("  indicator:\n")]
    tail = slo[slo.index("  timeWindow") :]
    policy = """\
        apiVersion: openslo/v1
        kind: AlertPolicy
        metadata: {name: fast}
        spec:
          alertWhenResolved: true
          conditions: [{conditionRef: fast}]
          notificationTargets: [{targetRef: team-channel}]
        ---
        apiVersion: openslo/v1
        kind: AlertCondition
        metadata: {name: fast}
        spec:
          severity: page
          condition: {kind: burnrate, op: gt, threshold: 13.44, lookbackWindow: 1h}
        ---
        apiVersion: openslo/v1
        kind: AlertNotificationTarget
        metadata: {name: team-channel}
        spec: {target: chat, description: The payments channel.}
        ---
        apiVersion: openslo/v1
        kind: DataSource
        metadata: {name: spans}
        spec: {type: traces}
        """
    referring = f"{head}  indicatorRef: orders\n{tail}  alertPolicies: [{{alertPolicyRef: fast}}]\n"
    texts = (service, sli.replace("type: traces", "metricSourceRef: spans"), referring, policy)
    assert judge(*texts) == ()
    catalog = read(*texts).catalog
    (objective,) = catalog.objectives
    assert objective.sli == read(sound).catalog.objectives[0].sli
    tier = AlertTier(
        severity=Severity.PAGE,
        budget_share=Fraction(2, 100),
        long=timedelta(hours=1),
        short=timedelta(minutes=5),
        threshold=Fraction(1344, 100),
        comparison=Comparison.ABOVE,
        policy="fast",
        targets=("chat",),
        notify_resolved=True,
    )
    assert objective.alert_tiers == (tier,)
    assert [one.name for one in catalog.of(NOTIFICATION_TARGET)] == ["team-channel"]


def test_no_alert_policies_and_none_left_out_differ(read: Read, edit: Edit) -> None:
    """An empty list means no alerts; a field without a value means the default ones."""
    nothing = read(edit((OBJECTIVE, OBJECTIVE + "  alertPolicies:\n"))).catalog.objectives[0]
    empty = read(edit((OBJECTIVE, OBJECTIVE + "  alertPolicies: []\n"))).catalog.objectives[0]
    assert nothing.alert_tiers is None
    assert empty.alert_tiers == ()


def test_a_threshold_a_total_outage_reaches_is_accepted(read: Read, edit: Edit) -> None:
    """Exactly 1/(1-target) can be reached by `gte`, so it is no mistake."""
    policy = (
        "  alertPolicies: [{spec: {conditions: [{spec: {severity: page, condition: "
        "{kind: burnrate, op: gte, threshold: 1000, lookbackWindow: 1h}}}]}}]\n"
    )
    assembly = read(edit((OBJECTIVE, OBJECTIVE + policy)))
    (objective,) = assembly.catalog.objectives
    assert objective.alert_tiers is not None
    assert objective.alert_tiers[0].threshold == 1000


ROOT = Path(__file__).parents[2]


def test_the_example_of_the_reference_is_sound(judge: Judge) -> None:
    """What the documentation shows can be copied and works, without even a warning."""
    text = (ROOT / "docs/reference/catalog.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert judge(example) == ()


def test_the_reference_platforms_catalog_is_sound() -> None:
    """The shop's own catalog has neither errors nor warnings."""
    parts = read_directory(ROOT / "shop/reliability").split(EVERY_KIND)
    assert len(parts.documents) > 5
    assert (*parts.problems, *assemble(parts.documents, EVERY_KIND).problems) == ()


COPIES = st.sets(st.sampled_from(["service", "sli", "condition", "policy", "slo", "other"]))
BREAK = ("kind:", "kinds: x\nkind:")
PIECES = {
    "service": "kind: Service\nmetadata: {name: s}\n",
    "sli": "kind: SLI\nmetadata: {name: i}\nspec:\n  ratioMetric:\n"
    "    good: {metricSource: {type: traces, spec: {service: s, status: ok}}}\n"
    "    total: {metricSource: {type: traces, spec: {service: s}}}\n",
    "condition": "kind: AlertCondition\nmetadata: {name: c}\nspec: {severity: page, condition: "
    "{kind: burnrate, op: gte, threshold: 2, lookbackWindow: 1h}}\n",
    "policy": "kind: AlertPolicy\nmetadata: {name: p}\nspec: {conditions: [{conditionRef: c}]}\n",
    "slo": "kind: SLO\nmetadata: {name: o}\nspec: {service: s, indicatorRef: i, budgetingMethod: Occurrences, "
    "timeWindow: [{duration: 7d, isRolling: true}], objectives: [{target: 0.9}], "
    "alertPolicies: [{alertPolicyRef: p}]}\n",
    "other": "kind: SLO\nmetadata: {name: q}\nspec: {service: s, indicatorRef: i, budgetingMethod: Occurrences, "
    "timeWindow: [{duration: 7d, isRolling: true}], objectives: [{target: 0.9}]}\n",
}


@settings(deadline=None, max_examples=300)
@given(before=COPIES, after=COPIES, broken_before=COPIES, broken_after=COPIES)
def test_settling_always_ends_with_something_sound(
    before: set[str], after: set[str], broken_before: set[str], broken_after: set[str]
) -> None:
    """Whatever was in force and whatever breaks, the result stands on its own and loses nothing needlessly."""

    def documents(names: set[str], broken: set[str]) -> Split:
        texts = {
            name: text.replace(*BREAK) if name in broken else text
            for name, text in PIECES.items()
            if name in names
        }
        return split(
            (SourceFile(f"{name}.yaml", f"apiVersion: openslo/v1\n{text}") for name, text in texts.items()),
            KINDS,
        )

    old = settle(documents(before, broken_before), (), KINDS)
    new = settle(documents(after, broken_after), old.documents, KINDS)
    for settled in (old, new):
        again = assemble(settled.documents, KINDS)
        assert not again.broken
        assert again.catalog == settled.catalog
    in_force = {one.key for one in new.documents}
    judged = assemble(documents(after, broken_after).documents, KINDS)
    sound = {one.key for one in documents(after, broken_after).documents} - judged.broken
    assert sound <= in_force
    assert {one.key for one in old.documents} & judged.broken <= in_force
