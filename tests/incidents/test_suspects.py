"""Who is suspected of an incident, in which order, and what its cause is called."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.incidents.test_model import NOW

from holdfast.incidents.evidence import Contributor
from holdfast.incidents.model import FailingParty
from holdfast.incidents.suspects import SHORTLY_BEFORE, cause_words, suspects_of
from holdfast.telemetry.traces.repeats import RepeatedCall

ONSET = NOW
MINUTE = timedelta(minutes=1)


def contributor(
    service: str, bad: int, *, zone: str | None = None, version: str | None = None, answer: str = ""
) -> Contributor:
    """Return a contributor of one operation."""
    return Contributor(service, "GET /", zone, version, bad, bad / 100, sends_spans=True, answer=answer)


def names(*contributors: Contributor, deployed: datetime | None = None) -> list[str]:
    """Return what the suspects are called, given when version 2 of catalog was deployed."""
    deploys = {} if deployed is None else {("catalog", "2"): deployed}
    return [one.name for one in suspects_of(contributors, deploys, ONSET)]


def test_a_zone_is_named_where_four_of_five_were_in_it() -> None:
    """Bad events of one zone say where to look; those of both say nothing."""
    assert names(
        contributor("payment", 80, zone="zone-b", version="2.3.1"),
        contributor("payment", 20, zone="zone-a", version="2.3.1"),
    ) == ["payment 2.3.1 in zone-b"]
    assert names(
        contributor("payment", 79, zone="zone-b", version="2.3.1"),
        contributor("payment", 21, zone="zone-a", version="2.3.1"),
    ) == ["payment 2.3.1"]
    assert names(contributor("payline", 100)) == ["payline"]


@pytest.mark.parametrize(
    ("deployed", "first"),
    [
        (ONSET - SHORTLY_BEFORE, "catalog 2"),
        (ONSET + MINUTE, "catalog 2"),
        (ONSET - SHORTLY_BEFORE - MINUTE, "catalog 1"),
        (ONSET + 2 * MINUTE, "catalog 1"),
        (None, "catalog 1"),
    ],
)
def test_a_version_deployed_shortly_before_the_onset_is_first(deployed: datetime | None, first: str) -> None:
    """Of the party that most failed at, what changed comes first, even with the smaller share."""
    found = names(
        contributor("pricing", 35, version="9"),
        contributor("catalog", 40, version="1"),
        contributor("catalog", 25, version="2"),
        deployed=deployed,
    )
    assert found[0] == first
    assert found[2] == "pricing 9"


def test_a_cause_is_said_with_what_its_events_share() -> None:
    """Version, zone and answer where most share them; a title has said "slow" already."""
    payment = contributor("payment", 90, zone="zone-b", version="2.3.1", answer="timeout")
    other = contributor("payment", 10, zone="zone-a", version="2.3.0", answer="500")
    cause = FailingParty("payment")
    assert cause_words(cause, [payment, other]) == "payment 2.3.1 in zone-b · timeout"
    assert cause_words(cause, [payment, replace(other, bad=90)]) == "payment · timeout"
    assert cause_words(cause, [replace(payment, answer="slow")]) == "payment 2.3.1 in zone-b"
    asks = replace(payment, zone=None, answer="slow", repeats=RepeatedCall("SELECT reviews", 13, 1))
    assert cause_words(cause, [asks]) == "payment 2.3.1 · 13 × SELECT"
    assert cause_words(FailingParty("payline", "staging"), [payment]) == "payline in staging"


def test_too_many_requests_is_a_refusal() -> None:
    """The provider is well and takes no more: its answer is read so, as is gRPC's."""
    payline = contributor("payline", 90, answer="429")
    (suspect,) = suspects_of([payline], {}, ONSET)
    assert (suspect.answer, suspect.said) == ("429", "refuses calls: 429 Too Many Requests")
    assert cause_words(FailingParty("payline"), [payline]) == "payline refuses calls: 429"
    quota = replace(payline, answer="RESOURCE_EXHAUSTED")
    assert cause_words(FailingParty("payline"), [quota]) == "payline refuses calls: RESOURCE_EXHAUSTED"
    assert suspects_of([replace(payline, answer="504")], {}, ONSET)[0].said == "504"


def test_what_the_mesh_ended_failed_before_the_party() -> None:
    """The party keeps its name, for links; words name the mesh before it if most calls ended there."""
    before = replace(contributor("catalog", 60, answer="503, fault injected"), is_before=True)
    own = contributor("catalog", 40, answer="500", version="1.0.0")
    assert cause_words(FailingParty("catalog"), [before, own]) == "mesh before catalog · 503, fault injected"
    assert names(before, own) == ["mesh before catalog", "catalog 1.0.0"]
    assert [one.party for one in suspects_of([before, own], {}, ONSET)] == ["catalog", "catalog"]
    assert (
        cause_words(FailingParty("catalog"), [replace(before, bad=40), own])
        == "catalog · 503, fault injected"
    )


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b"]), st.sampled_from([None, "1"]), st.sampled_from([None, "z"]),
            st.integers(1, 50),
        ),
        max_size=12,
    )
)  # fmt: skip
def test_no_bad_event_is_lost_or_counted_twice(rows: list[tuple[str, str | None, str | None, int]]) -> None:
    """Suspects have all the bad events of the contributors, each version of a party once."""
    items = [contributor(name, bad, version=version, zone=zone) for name, version, zone, bad in rows]
    found = suspects_of(items, {}, ONSET)
    assert sum(one.bad for one in found) == sum(one.bad for one in items)
    assert len({(one.party, one.version) for one in found}) == len(found)
