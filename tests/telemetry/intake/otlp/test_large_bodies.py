"""Large requests checked in pieces come out as they would whole, within bounded memory."""

from datetime import UTC, datetime

import psutil
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.refusals import check_says_why
from tests.rounds import Rounds
from tests.telemetry.bodies import REQUESTS_OF, nanoseconds, traces

from holdfast.runtime.errors import TooLarge
from holdfast.telemetry.errors import BadBody
from holdfast.telemetry.intake.otlp import large_bodies, weight
from holdfast.telemetry.intake.otlp.batch import Rule
from holdfast.telemetry.intake.otlp.large_bodies import decode_large
from holdfast.telemetry.intake.otlp.rules import REQUESTS, AdmissionLimits, decode
from holdfast.telemetry.intake.varint import varint
from holdfast.telemetry.model import Signal

NOW = nanoseconds(datetime(2026, 3, 1, 12, tzinfo=UTC))
WINDOW = AdmissionLimits(NOW - 10**15, NOW + 10**12, NOW, attributes=100)


@pytest.fixture
def small_pieces(monkeypatch):
    """Cut into pieces of a hundred bytes instead of a megabyte."""
    monkeypatch.setattr(large_bodies, "_PIECE_BYTES", 100)


def merged(signal, times):
    """Return a request with one group per time, each with two items."""
    request = REQUESTS[signal]()
    for number, at in enumerate(times):
        request.MergeFrom(REQUESTS_OF[signal](at, 2 * number, 2 * number + 1))
    return request


def items(signal, record):
    """Return every item of a record with what it belongs to, in order."""
    group_name, scope_name, item_name = {
        Signal.TRACES: ("resource_spans", "scope_spans", "spans"),
        Signal.METRICS: ("resource_metrics", "scope_metrics", "metrics"),
        Signal.LOGS: ("resource_logs", "scope_logs", "log_records"),
    }[signal]
    return [
        (group.resource.SerializeToString(), scope.scope.SerializeToString(), item.SerializeToString())
        for group in getattr(REQUESTS[signal].FromString(record), group_name)
        for scope in getattr(group, scope_name)
        for item in getattr(scope, item_name)
    ]


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize("signal", Signal)
@pytest.mark.parametrize("times", [[NOW] * 6, [NOW, 5, NOW, 2**63, NOW], [5, 5], []])
def test_like_the_whole(signal, times):
    """In pieces the same items are taken and rejected as in the whole."""
    body = merged(signal, times).SerializeToString()
    whole, pieces = decode(signal, body, WINDOW), decode_large(signal, body, WINDOW)
    assert (pieces.accepted, set(pieces.rejections)) == (whole.accepted, set(whole.rejections))
    assert items(signal, pieces.record) == items(signal, whole.record)
    assert pieces.is_rewritten == (pieces.record != body)


@pytest.mark.usefixtures("small_pieces")
def test_log_without_time(small_pieces):
    """What has to be amended in one piece is amended in the record."""
    body = merged(Signal.LOGS, [NOW, 0]).SerializeToString()
    whole, pieces = decode(Signal.LOGS, body, WINDOW), decode_large(Signal.LOGS, body, WINDOW)
    assert items(Signal.LOGS, pieces.record) == items(Signal.LOGS, whole.record)


def over_long(number, extra):
    """Return a varint written with so many bytes more than it needs."""
    short = varint(number)
    if not extra:
        return short
    return short[:-1] + bytes([short[-1] | 0x80]) + b"\x80" * (extra - 1) + b"\x00"


extras = st.sampled_from([0, 0, 0, 0, 1, 2, 3, 4, 5, 8, 9, 10])
numbers = st.sampled_from([0, 1, 2, 3, 15, 2047, 2**29 - 1, 2**29, 2**32])


def field(number, kind, value, extra):
    """Return a field whose tag takes some bytes more than it needs."""
    return over_long(number << 3 | kind, extra) + value


scalars = (
    st.builds(field, numbers, st.just(0), st.builds(over_long, st.integers(0, 2**64 - 1), extras), extras)
    | st.builds(field, numbers, st.just(1), st.binary(min_size=7, max_size=8), extras)
    | st.builds(field, numbers, st.just(5), st.binary(min_size=3, max_size=4), extras)
    | st.builds(field, numbers, st.sampled_from([3, 4, 6, 7]), st.binary(max_size=3), extras)
)


def within(inner):
    """Return messages and groups that hold others, mostly of their right length."""
    joined = st.lists(inner, max_size=3).map(b"".join)
    delimited = st.builds(
        lambda value, off, extra: over_long(max(0, len(value) + off), extra) + value,
        joined,
        st.sampled_from([0] * 9 + [-1, 1]),
        extras,
    )
    groups = st.builds(
        lambda number, value, end: field(number, 3, value, 0) + field(end or number, 4, b"", 0),
        numbers,
        joined,
        st.sampled_from([0] * 9 + [5]),
    )
    return st.builds(field, st.sampled_from([1, 2, 2, 3]), st.just(2), delimited, extras) | groups


def outcome(read, body):
    """Return how many items are taken of a body, or None if it is refused."""
    try:
        return read(Signal.TRACES, body, WINDOW).accepted
    except BadBody:
        return None


@example(b"\x0b\x00\x00\x0c")
@given(st.binary(max_size=60) | st.lists(st.recursive(scalars, within), max_size=4).map(b"".join))
def test_any_bytes(body):
    """Any bytes are accepted in pieces exactly when the parser accepts them, and as many items of them."""
    assert outcome(decode_large, body) == outcome(decode, body)


@pytest.mark.parametrize(("extra", "is_taken"), [(0, True), (4, True), (5, False), (6, False), (9, False)])
def test_over_long_framing(extra, is_taken):
    """A tag or a length of more than five bytes is refused in a large body as in a small one."""
    inner = traces(NOW, 1).SerializeToString()[2:]
    for body in (
        over_long(10, extra) + varint(len(inner)) + inner,
        varint(10) + over_long(len(inner), extra) + inner,
    ):
        shorter_length = len(varint(len(inner))) - 1
        taken = is_taken and (body[0] != 10 or extra + shorter_length < 5)
        assert outcome(decode, body) == outcome(decode_large, body) == (1 if taken else None)


@pytest.mark.usefixtures("small_pieces")
@given(st.lists(st.recursive(scalars, within), max_size=4).map(b"".join))
def test_what_is_stored_can_be_parsed(odd):
    """With anything beside the items, the spool gets what the parser read."""
    body = merged(Signal.TRACES, [NOW, NOW]).SerializeToString() + odd
    try:
        batch = decode_large(Signal.TRACES, body, WINDOW)
    except BadBody as refused:
        check_says_why(refused)
        return
    assert len(items(Signal.TRACES, batch.record)) == batch.accepted


@given(st.data())
def test_truncated(data):
    """A request of which the end is missing is refused, or was complete up to there."""
    body = merged(Signal.TRACES, [NOW, NOW]).SerializeToString()
    cut = body[: data.draw(st.integers(0, len(body)))]
    outcomes = []
    for read in (decode, decode_large):
        try:
            outcomes.append(read(Signal.TRACES, cut, WINDOW).accepted)
        except BadBody:
            outcomes.append(None)
    assert outcomes[0] == outcomes[1]


def test_too_large_item(monkeypatch):
    """An item that is too large by itself is rejected unread, alone."""
    monkeypatch.setattr(large_bodies, "_ITEM_BYTES", 1000)
    request = traces(NOW, 1)
    request.MergeFrom(traces(NOW, 2, name="x" * 2000))
    batch = decode_large(Signal.TRACES, request.SerializeToString(), WINDOW)
    assert batch.accepted == 1
    assert [(r.rule, r.count) for r in batch.rejections] == [(Rule.TOO_LARGE, 1)]
    assert b"x" * 2000 not in batch.record


def test_small_scopes_share_the_copy_of_their_resource():
    """A large resource with a thousand small scopes is stored in about as many bytes as came in."""
    request = REQUESTS[Signal.LOGS]()
    group = request.resource_logs.add()
    group.resource.attributes.add(key="k").value.string_value = "x" * 600_000
    for number in range(1500):
        line = group.scope_logs.add().log_records.add(time_unix_nano=NOW)
        line.body.string_value = f"{number} " + "y" * 1000
    body = request.SerializeToString()
    assert len(body) > large_bodies.LARGE_BYTES
    with pytest.raises(TooLarge, match="counted once for each item"):
        decode_large(Signal.LOGS, body, WINDOW)
    group.resource.attributes[0].value.string_value = "x" * 50_000
    body = request.SerializeToString() + request.SerializeToString()
    batch = decode_large(Signal.LOGS, body, WINDOW)
    assert batch.accepted == 3000
    assert len(batch.record) < 1.2 * len(body)


@pytest.mark.parametrize("signal", Signal)
@pytest.mark.parametrize("read", [decode, decode_large])
def test_what_unfolds_to_gigabytes_is_refused(signal, read, monkeypatch):
    """One large resource with very many small items is refused, and one item fewer is taken."""
    request = REQUESTS_OF[signal](NOW, *range(100))
    (group,) = [value for _, value in request.ListFields()]
    group[0].resource.attributes.add(key="k").value.string_value = "x" * 1000
    size_bytes = group[0].resource.ByteSize() * 100
    monkeypatch.setattr(weight, "UNFOLDED_MOST", size_bytes)
    assert read(signal, request.SerializeToString(), WINDOW).unfolded_bytes == size_bytes
    monkeypatch.setattr(weight, "UNFOLDED_MOST", size_bytes - 1)
    with pytest.raises(TooLarge, match="send smaller batches"):
        read(signal, request.SerializeToString(), WINDOW)


def test_too_large_resource(monkeypatch):
    """A resource that is too large to be repeated in every piece refuses the request."""
    monkeypatch.setattr(large_bodies, "_HEAD_BYTES", 10)
    with pytest.raises(BadBody, match="a resource or scope has"):
        decode_large(Signal.TRACES, traces(NOW, 1).SerializeToString(), WINDOW)


def wrapped(message):
    """Return a message as field 2, or for the outermost as field 1, of another."""
    return varint(2 << 3 | 2) + varint(len(message)) + message


def empty_spans(count):
    """Return a request of so many spans of no bytes."""
    inner = wrapped(b"\x12\x00" * count)
    return b"\x0a" + varint(len(inner)) + inner


def test_too_many_items(monkeypatch):
    """A body with more items than a request may have is refused before they are parsed."""
    monkeypatch.setattr(large_bodies, "_MOST_ITEMS", 1001)
    assert decode_large(Signal.TRACES, empty_spans(1000), WINDOW).rejected == 1000
    with pytest.raises(TooLarge, match="send smaller batches"):
        decode_large(Signal.TRACES, empty_spans(1001), WINDOW)


@pytest.mark.prove
def test_millions_of_empty_spans(rounds: Rounds):
    """A body of eight million empty spans, which parsed whole takes 1.4 GB, is refused within 400 MB."""

    def refused(_seed: int) -> None:
        body = empty_spans(8 << 20)
        process = psutil.Process()
        before = process.memory_info().rss
        with pytest.raises(TooLarge):
            decode_large(Signal.TRACES, body, WINDOW)
        assert process.memory_info().rss - before < 400_000_000

    rounds("otlp-empty-spans", 1, refused)
