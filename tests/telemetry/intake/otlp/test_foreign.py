"""Telemetry sent to the path of another signal is refused with the right path, and never stored as junk."""

import json
from itertools import permutations

import grpc
import httpx
import pytest
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st
from tests.telemetry import otlp_strategies
from tests.telemetry.bodies import REQUESTS_OF, logs, metrics, now_nanoseconds, traces
from tests.telemetry.intake.fuzz.seeds import NOW, WINDOW
from tests.telemetry.intake.otlp.test_repair import full
from tests.telemetry.serving import serving

from holdfast.telemetry.errors import WrongSignal
from holdfast.telemetry.intake.otlp import large_bodies
from holdfast.telemetry.intake.otlp.foreign import must_be_of
from holdfast.telemetry.intake.otlp.grpc_receiver import SERVICES
from holdfast.telemetry.intake.otlp.json_bodies import decode_json
from holdfast.telemetry.intake.otlp.large_bodies import decode_large
from holdfast.telemetry.intake.otlp.rules import decode, decode_piece
from holdfast.telemetry.model import Signal

PAIRS = list(permutations(Signal, 2))
GROUPS = {Signal.TRACES: "resourceSpans", Signal.METRICS: "resourceMetrics", Signal.LOGS: "resourceLogs"}
STRATEGIES = {
    Signal.TRACES: otlp_strategies.TRACES,
    Signal.METRICS: otlp_strategies.METRICS,
    Signal.LOGS: otlp_strategies.LOGS,
}
AGED = 2**63
KINDS = ["gauge", "sum", "histogram", "exponential_histogram", "summary"]


def bodies(signal: Signal) -> list[bytes]:
    """Return sound bodies of a signal, small and full."""
    found = [full(signal), REQUESTS_OF[signal](NOW, 1, 2, 3)]
    if signal is Signal.METRICS:
        found += [metrics(NOW, 1, kind=kind) for kind in KINDS]
    return [one.SerializeToString() for one in found]


@pytest.mark.parametrize(("taken", "sent"), PAIRS)
def test_another_signal_is_refused_with_its_path(taken: Signal, sent: Signal) -> None:
    """A body of another signal than the path's is refused, and the reply names the right path."""
    for body in bodies(sent):
        with pytest.raises(WrongSignal, match=f"send it to /v1/{sent.value}"):
            decode(taken, body, WINDOW)


@pytest.mark.parametrize(("taken", "sent"), PAIRS)
def test_large_bodies_are_recognised_alike(
    monkeypatch: pytest.MonkeyPatch, taken: Signal, sent: Signal
) -> None:
    """Cut into pieces, a body of another signal is refused as it is whole."""
    monkeypatch.setattr(large_bodies, "_PIECE_BYTES", 200)
    with pytest.raises(WrongSignal, match=f"/v1/{sent.value}"):
        decode_large(taken, REQUESTS_OF[sent](NOW, *range(50)).SerializeToString(), WINDOW)


@pytest.mark.parametrize(("taken", "sent"), PAIRS)
def test_json_of_another_signal_is_refused_with_its_path(taken: Signal, sent: Signal) -> None:
    """In JSON its one key names the signal; beside a list of the path's own it is an unknown key."""
    foreign = {GROUPS[sent]: [{}]}
    with pytest.raises(WrongSignal, match=f"/v1/{sent.value}"):
        decode_json(taken, json.dumps({**foreign, GROUPS[taken]: []}).encode(), WINDOW)
    assert decode_json(taken, json.dumps({**foreign, GROUPS[taken]: [{}]}).encode(), WINDOW).remarks


@pytest.mark.parametrize("taken", Signal)
def test_own_telemetry_beside_another_is_taken(taken: Signal) -> None:
    """One sound item of the path's own signal is enough for the request to be taken."""
    other = next(one for one in Signal if one is not taken)
    own, foreign = (REQUESTS_OF[signal](NOW, 1).SerializeToString() for signal in (taken, other))
    assert decode(taken, own + foreign, WINDOW).accepted >= 1


@pytest.mark.parametrize(
    ("signal", "body", "accepted"),
    [
        (Signal.LOGS, logs(0, 1, 2), 2),
        (Signal.LOGS, logs(AGED, 1), 0),
        (Signal.TRACES, traces(AGED, 1), 0),
        (Signal.METRICS, metrics(AGED, 1), 0),
        *((signal, REQUESTS_OF[signal](NOW), 0) for signal in Signal),
    ],
)
def test_odd_telemetry_of_its_own_signal_is_no_other(signal: Signal, body: Message, accepted: int) -> None:
    """Items without a time or of another age, and groups without items, are judged as what they are."""
    assert decode(signal, body.SerializeToString(), WINDOW).accepted == accepted


@pytest.mark.parametrize("signal", Signal)
@given(data=st.data())
def test_no_telemetry_is_taken_for_another(signal: Signal, data: st.DataObject) -> None:
    """No request with an accepted item looks valid as another signal."""
    request = data.draw(STRATEGIES[signal])
    body = request.SerializeToString()
    accepted = decode_piece(signal, body, WINDOW, None).accepted
    assert not (accepted and _looks_foreign(signal, body))


def _looks_foreign(signal: Signal, body: bytes) -> bool:
    try:
        must_be_of(signal, lambda: (body,))
    except WrongSignal:
        return True
    return False


@pytest.mark.parametrize(("taken", "sent"), PAIRS)
def test_both_ways_answer_so(tmp_path_factory: pytest.TempPathFactory, taken: Signal, sent: Signal) -> None:
    """HTTP answers 400 and gRPC INVALID_ARGUMENT, both with the right path, and nothing is stored."""
    body = REQUESTS_OF[sent](now_nanoseconds(), 1, 2).SerializeToString()
    with serving(tmp_path_factory.mktemp("intake")) as intake:
        form = {"content-type": "application/x-protobuf"}
        reply = httpx.post(f"{intake.url}/v1/{taken.value}", content=body, headers=form)
        assert (reply.status_code, f"/v1/{sent.value}" in reply.text) == (400, True)
        with grpc.insecure_channel(intake.grpc_address) as channel, pytest.raises(grpc.RpcError) as caught:
            channel.unary_unary(f"/{SERVICES[taken]}/Export")(body, timeout=20)
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert f"/v1/{sent.value}" in caught.value.details()
        intake.drained()
        assert intake.warehouse.records == {}
