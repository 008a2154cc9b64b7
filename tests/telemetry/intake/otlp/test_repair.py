"""One fault in a protobuf request never costs what is sound beside it."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.refusals import check_says_why
from tests.telemetry import otlp_strategies
from tests.telemetry.bodies import REQUESTS_OF, nanoseconds, traces

from holdfast.telemetry.errors import BadBody, NeedsRepair
from holdfast.telemetry.intake.otlp import large_bodies
from holdfast.telemetry.intake.otlp import repair as otlp_repair
from holdfast.telemetry.intake.otlp.batch import Note, Rule
from holdfast.telemetry.intake.otlp.large_bodies import decode_large
from holdfast.telemetry.intake.otlp.rules import REQUESTS, AdmissionLimits, decode
from holdfast.telemetry.intake.varint import varint
from holdfast.telemetry.model import Signal

NOW = nanoseconds(datetime(2026, 3, 1, 12, tzinfo=UTC))
WINDOW = AdmissionLimits(NOW - 10**15, NOW + 10**12, NOW, attributes=100)
ANYTIME = AdmissionLimits(0, 2**64 - 1, NOW, attributes=2**31)
BAD = b"\xe9t\xe9"


def texts(message, path="") -> Iterator[tuple[object, str, str]]:
    """Yield every set text of a message: its owner, its field and where it stands."""
    for field, value in message.ListFields():
        if field.type == field.TYPE_STRING:
            yield message, field.name, f"{path}{field.name}"
        elif field.type == field.TYPE_MESSAGE:
            for part in value if field.is_repeated else (value,):
                yield from texts(part, f"{path}{field.name}.")


def full(signal):
    """Return a request with two items and a text in every field that has one."""
    request = REQUESTS_OF[signal](NOW, 1, 2)
    group = next(value for _, value in request.ListFields())[0]
    scope = next(value for field, value in group.ListFields() if field.name.startswith("scope_"))[0]
    group.schema_url = scope.schema_url = scope.scope.name = scope.scope.version = "text"
    group.resource.attributes.add(key="text").value.string_value = "text"
    scope.scope.attributes.add(key="text").value.kvlist_value.values.add(key="text")
    if signal is Signal.TRACES:
        span = scope.spans[0]
        span.trace_state = span.status.message = "text"
        span.events.add(name="text").attributes.add(key="text").value.string_value = "text"
        link = span.links.add(trace_state="text")
        link.attributes.add(key="text").value.array_value.values.add(string_value="text")
    elif signal is Signal.LOGS:
        scope.log_records[0].severity_text = scope.log_records[0].event_name = "text"
    else:
        metric = scope.metrics[0]
        metric.unit = metric.description = "text"
        metric.gauge.data_points[0].exemplars.add().filtered_attributes.add(key="text")
    return request


PLACES = [(signal, number) for signal in Signal for number, _ in enumerate(texts(full(signal)))]


def spoilt(signal, number):
    """Return a body whose text of that number is not UTF-8, what it is once repaired, and where it stands."""
    request = full(signal)
    owner, name, place = list(texts(request))[number]
    setattr(owner, name, "@@@")
    body = request.SerializeToString().replace(b"@@@", BAD)
    setattr(owner, name, BAD.decode("utf-8", "replace"))
    return body, request, place


@pytest.mark.parametrize(("signal", "number"), PLACES)
def test_a_text_that_is_not_utf8_is_repaired_wherever_it_stands(signal, number):
    """In any field of any signal a bad text becomes U+FFFD, all else stays, and the reply says so."""
    body, right, place = spoilt(signal, number)
    batch = decode(signal, body, WINDOW)
    assert REQUESTS[signal].FromString(batch.record) == right, place
    assert (batch.accepted, batch.rejections) == (2, ())
    assert [(one.note, one.count) for one in batch.remarks] == [(Note.REPAIRED_TEXT, 1)]
    assert "\ufffdt\ufffd" in batch.explanation()


def test_the_repaired_text_is_named_by_its_key():
    """An attribute's bad value is named by the attribute, which is what a sender looks for."""
    request = traces(NOW, 1)
    span = request.resource_spans[0].scope_spans[0].spans[0]
    span.attributes.add(key="user.name").value.string_value = "@@@"
    batch = decode(Signal.TRACES, request.SerializeToString().replace(b"@@@", BAD), WINDOW)
    assert batch.explanation() == (
        "Text that is not valid Unicode was repaired with U+FFFD (repaired_text: 1), for instance "
        "user.name='\ufffdt\ufffd'"
    )


def with_deep_value(levels, *others):
    """Return a request of two spans, or these, the first with a list that many levels deep."""
    value = wrapped(1, b"bottom")
    for _ in range(levels):
        value = wrapped(5, wrapped(1, value))
    pair = wrapped(9, wrapped(1, b"deep"), wrapped(2, value))
    return of_scopes(wrapped(2, SOUND, pair) + b"".join(wrapped(2, one) for one in others or (SOUND,)))


@pytest.mark.parametrize(("levels", "accepted"), [(45, 2), (47, 2), (48, 1), (1000, 1)])
def test_a_value_too_deep_for_the_parser_costs_its_item_only(levels, accepted):
    """What is nested deeper than protobuf reads is rejected by name, never stored in part or in silence."""
    batch = decode(Signal.TRACES, with_deep_value(levels), WINDOW)
    assert (batch.accepted, batch.rejected) == (accepted, 2 - accepted)
    assert ("it nests deeper than the 100 messages" in batch.explanation()) == (accepted == 1)


def wrapped(number, *parts):
    """Return a message's field that holds these parts."""
    joined = b"".join(parts)
    return varint(number << 3 | 2) + varint(len(joined)) + joined


def of_scopes(*scopes, resource=b""):
    """Return a request of one resource."""
    return wrapped(1, wrapped(1, resource), *(wrapped(2, scope) for scope in scopes))


SOUND = traces(NOW, 1).resource_spans[0].scope_spans[0].spans[0].SerializeToString()
TORN = SOUND[:-3]


@pytest.mark.parametrize(
    ("body", "accepted", "lost"),
    [
        (of_scopes(wrapped(2, SOUND) + wrapped(2, TORN) + wrapped(2, SOUND)), 2, 1),
        (of_scopes(wrapped(1, TORN) + wrapped(2, SOUND), wrapped(2, SOUND)), 1, 1),
        (of_scopes(wrapped(2, SOUND) * 3, resource=b"\xff") + of_scopes(wrapped(2, SOUND)), 1, 3),
    ],
)
def test_an_item_that_is_torn_costs_what_belongs_to_it(body, accepted, lost):
    """A span, scope or resource of broken bytes takes what hangs on it along, and nothing else."""
    batch = decode(Signal.TRACES, body, WINDOW)
    assert (batch.accepted, batch.rejected) == (accepted, lost)
    assert [one.rule for one in batch.rejections] == [Rule.UNREADABLE]


@pytest.mark.parametrize("body", [of_scopes(wrapped(2, TORN)), of_scopes(wrapped(2, SOUND))[:-1], b"\xff"])
def test_a_body_with_nothing_to_read_is_refused(body):
    """Where no item can be read, or the body is cut off, the request is refused as a whole."""
    with pytest.raises(BadBody, match="is not an ExportTraceServiceRequest"):
        decode(Signal.TRACES, body, WINDOW)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (with_deep_value(1000, TORN), "nests deeper than the 100 messages"),
        (of_scopes(wrapped(2, TORN)), "its wire format is corrupt"),
        (wrapped(1, wrapped(3, BAD))[:-1], "its wire format is corrupt"),
    ],
)
def test_why_a_body_is_refused_is_said_in_our_words(body, why):
    """The refusal names what is wrong and the limit, and no inner part of the parser."""
    with pytest.raises(BadBody, match=why) as caught:
        decode(Signal.TRACES, body, WINDOW)
    assert "upb" not in caught.value.detail


def test_the_reason_of_a_loss_is_its_own():
    """A span too deep is called so, although a text before it was the first thing the parser refused."""
    bad = traces(NOW, 1, name="@@@").SerializeToString().replace(b"@@@", BAD)
    batch = decode(Signal.TRACES, bad + with_deep_value(1000), WINDOW)
    assert (batch.accepted, batch.rejected) == (2, 1)
    assert "nests deeper than" in batch.explanation()
    assert "not UTF-8" not in batch.explanation()


@pytest.mark.parametrize("signal", Signal)
def test_groups_of_an_old_sender_are_named(signal):
    """What a sender of before 2022 puts where nobody reads any more is not answered as if stored."""
    batch = decode(signal, wrapped(1, wrapped(1000, SOUND)), WINDOW)
    name = {"traces": "spans"}.get(signal, signal)
    assert batch.explanation() == (
        "Groups in the format of OTLP before 0.15 were ignored (old_scopes: 1), for instance "
        f"instrumentation_library_{name}"
    )


def test_repairing_can_be_left_to_a_thread_with_time():
    """Where nothing may take long, a body to be repaired is handed back untouched."""
    body, _, _ = spoilt(Signal.LOGS, 0)
    with pytest.raises(NeedsRepair):
        decode(Signal.LOGS, body, WINDOW, may_repair=False)


@pytest.mark.parametrize(("signal", "number"), PLACES[::4])
def test_large_bodies_are_repaired_alike(signal, number):
    """Cut into pieces, a body is repaired as it is whole, and its remarks are added up."""
    body, _, _ = spoilt(signal, number)
    whole, pieces = decode(signal, body * 2, WINDOW), decode_large(signal, body * 2, WINDOW)
    assert (pieces.accepted, pieces.remarks) == (whole.accepted, whole.remarks)
    assert REQUESTS[signal].FromString(pieces.record) == REQUESTS[signal].FromString(whole.record)


@pytest.mark.parametrize("decoded", [decode, decode_large])
def test_repairing_one_request_has_an_end(monkeypatch, decoded):
    """Past the effort for one request, over all its pieces, items are rejected with what to do."""
    monkeypatch.setattr(large_bodies, "_PIECE_BYTES", 200)
    monkeypatch.setattr(otlp_repair.Patience, "__init__", lambda self: setattr(self, "left", 50))
    bad = traces(NOW, *range(9), name="@@@").SerializeToString().replace(b"@@@", BAD)
    batch = decoded(Signal.TRACES, bad, WINDOW)
    assert 0 < batch.accepted < 4
    assert batch.accepted + batch.rejected == 9
    assert "send smaller batches" in batch.explanation()


def alone(request, number):
    """Return a request of that span only, with all there is around it."""
    one = REQUESTS[Signal.TRACES]()
    one.CopyFrom(request)
    spans = one.resource_spans[0].scope_spans[0].spans
    kept = spans[number]
    del spans[:]
    spans.append(kept)
    return one.SerializeToString()


@given(st.lists(st.sampled_from(["sound", "@@@"]), min_size=1, max_size=6))
def test_together_is_like_alone(names):
    """The slow twin: a batch is what its spans are when each is sent in a request of its own."""
    request = traces(NOW, *range(len(names)))
    for span, name in zip(request.resource_spans[0].scope_spans[0].spans, names, strict=True):
        span.name = name
    together = decode(Signal.TRACES, request.SerializeToString().replace(b"@@@", BAD), WINDOW)
    each = [
        decode(Signal.TRACES, alone(request, number).replace(b"@@@", BAD), WINDOW)
        for number in range(len(names))
    ]
    spans = REQUESTS[Signal.TRACES].FromString(together.record).resource_spans[0].scope_spans[0].spans
    singly = [
        span
        for one in each
        for span in REQUESTS[Signal.TRACES].FromString(one.record).resource_spans[0].scope_spans[0].spans
    ]
    assert list(spans) == singly


@pytest.mark.parametrize(
    ("signal", "requests"),
    [
        (Signal.TRACES, otlp_strategies.TRACES),
        (Signal.LOGS, otlp_strategies.LOGS),
        (Signal.METRICS, otlp_strategies.METRICS),
    ],
)
@given(data=st.data())
def test_any_damage_is_refused_or_leaves_a_sound_record(signal, requests, data):
    """With any bytes changed, the body is refused, or the result is a request the parser reads."""
    body = bytearray(data.draw(requests).SerializeToString())
    for _ in range(data.draw(st.integers(1, 4)) if body else 0):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    try:
        batch = decode(signal, bytes(body), ANYTIME)
    except BadBody as refused:
        check_says_why(refused)
        return
    REQUESTS[signal].FromString(batch.record)
    assert batch.accepted >= 0
    assert not batch.remarks or batch.is_rewritten
