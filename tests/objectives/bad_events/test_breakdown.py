"""What bad events have in common: shares that add up, and a baseline that makes them mean something."""

from fractions import Fraction
from math import sqrt

from hypothesis import assume, given
from hypothesis import strategies as st
from tests.telemetry.traces.test_attribution import a_span

from holdfast.objectives.bad_events.breakdown import PARTS_MOST, dimensions, excess
from holdfast.telemetry.traces.model import Span


def events(*values: tuple[str, str], key: str = "shop.channel") -> list[Span]:
    """Spans of a version each, with a value of one attribute each."""
    return [
        a_span(str(n), trace_id=f"t{n}", version=version, attributes={key: value} if value else {})
        for n, (version, value) in enumerate(values)
    ]


_events = st.lists(st.tuples(st.sampled_from("1234"), st.text("abcdef", max_size=2)), max_size=60)


@given(_events, _events, st.sampled_from(["version", "shop.channel", "operation", "pod", "nothing"]))
def test_shares_add_up(bad: list[tuple[str, str]], good: list[tuple[str, str]], by: str) -> None:
    """Whatever is asked for, the parts are all events, each once, and in a picture's number."""
    for one in dimensions(events(*bad), events(*good), [by]):
        assert sum(part.bad_share for part in one.parts) == 1
        assert sum(part.bad for part in one.parts) == len(bad)
        assert sum(part.good for part in one.parts) == len(good)
        shares = [part.good_share for part in one.parts if part.good_share is not None]
        assert sum(shares) == (1 if good else 0)
        assert len(one.parts) <= PARTS_MOST + 1
        assert all(part.value is not None for part in one.parts[:-1])


def test_what_stands_out_comes_first() -> None:
    """Half of everything is of version 2 but all that is bad: the version tells, the channel does not."""
    bad = events(*(("2", "app"), ("2", "web"), ("2", "app"), ("2", "web")) * 10)
    good = events(*(("1", "app"), ("2", "web"), ("1", "web"), ("2", "app")) * 10)
    first, *others = dimensions(bad, good, ())
    assert (first.by, first.stands_out) == ("version", Fraction(1, 2))
    assert [(part.value, part.bad, part.good) for part in first.parts] == [("2", 40, 20), (None, 0, 20)]
    assert first.parts[0].exemplars == ("t0", "t1", "t2")
    assert {one.by: one.stands_out for one in others} == {"shop.channel": 0}


def test_few_events_are_no_lead() -> None:
    """Three good events, of which two happen to be of another zone, say nothing of the zones."""
    assert excess(50, 89, 1, 3) == 0
    assert excess(500, 890, 10, 30) == 0
    assert excess(50, 89, 300, 900) == Fraction(50, 89) - Fraction(1, 3)
    assert excess(95, 1_000, 5, 1_000) == 0
    assert excess(3, 3, 0, 0) == 0


@given(st.integers(1, 500), st.integers(1, 500), st.integers(0, 500), st.integers(0, 500))
def test_a_lead_is_beyond_chance(bad: int, good: int, n_bad: int, n_good: int) -> None:
    """What stands out differs by a tenth and by three standard errors, worked out here in floats."""
    n_bad, n_good = min(n_bad, bad), min(n_good, good)
    more, pooled = n_bad / bad - n_good / good, (n_bad + n_good) / (bad + good)
    error = sqrt(pooled * (1 - pooled) * (1 / bad + 1 / good))
    assume(abs(more - 3 * error) > 1e-9 and abs(more - 0.1) > 1e-9)
    assert (excess(n_bad, bad, n_good, good) > 0) == (more > 0.1 and more > 3 * error)


def test_many_values_are_cut_to_a_picture() -> None:
    """Beyond eight values the rest is one part, so that the shares still add up."""
    (found,) = dimensions(events(*(("1", str(n)) for n in range(30))), [], ["shop.channel"])
    assert len(found.parts) == PARTS_MOST
    assert (found.parts[-1].value, found.parts[-1].bad) == (None, 23)


def test_what_carries_an_event_is_not_offered() -> None:
    """The port of a connection that carried many bad events explains none, unless it is asked for."""
    bad = events(*(("1", "55882"),) * 30, key="client.port")
    good = events(*(("1", "51288"),) * 30, key="client.port")
    assert "client.port" not in [one.by for one in dimensions(bad, good, ())]
    assert dimensions(bad, good, ["client.port"])[0].stands_out == 1


def test_an_attribute_that_tells_every_event_apart_is_not_offered() -> None:
    """Request ids are no explanation, unless they are asked for."""
    bad = events(*(("1", f"request-{n}") for n in range(50)))
    assert [one.by for one in dimensions(bad, [], ())] == ["operation", "version", "zone"]
    assert [one.by for one in dimensions(bad, [], ["shop.channel"])] == ["shop.channel"]


def test_a_pod_is_known_by_whatever_names_it() -> None:
    """Without Kubernetes the service's instance stands for it."""
    (found,) = dimensions(events(("1", "a"), ("1", "b"), key="service.instance.id"), [], ["pod"])
    assert (found.key, [part.value for part in found.parts]) == ("service.instance.id", ["a", "b"])


def test_without_bad_events_nothing_is_said() -> None:
    """No bad event, no dimension."""
    assert dimensions([], events(("1", "a")), ["version"]) == []


def _answered(n: int, **attributes: str) -> Span:
    keys = {"status": "http.response.status_code", "error": "error.type", "message": "messaging.message.id"}
    named = {keys.get(name, name): value for name, value in attributes.items()}
    return a_span(str(n), trace_id=f"t{n}", attributes=named)


def test_two_attributes_that_say_the_same_are_one() -> None:
    """An error named by its status, and one by a word for it, are found once; a region of its own is kept."""
    bad = [_answered(n, status="504", error="504", reason="late", place=f"p{n % 3}") for n in range(60)]
    good = [_answered(n, status=str(200 + n % 2), place=f"p{n % 2}") for n in range(60)]
    found = [(one.by, one.also) for one in dimensions(bad, good, ()) if one.stands_out]
    assert found == [("error.type", ("http.response.status_code", "reason")), ("place", ())]


def test_the_id_of_one_message_is_no_finding() -> None:
    """A message delivered again and again fails each time; its id explains nothing."""
    bad = [_answered(n, message="m1") for n in range(60)]
    good = [_answered(n, message=f"g{n}") for n in range(60)]
    assert [one.by for one in dimensions(bad, good, ()) if one.stands_out] == []
