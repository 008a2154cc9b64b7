"""OTLP/gRPC to the letter, with a real gRPC client."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import grpc
import pytest
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.logs.v1.logs_service_pb2_grpc import LogsServiceStub
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2_grpc import MetricsServiceStub
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub
from tests.telemetry.bodies import REQUESTS_OF, now_nanoseconds, traces
from tests.telemetry.serving import SMALL, Serving, serving

from holdfast.runtime.errors import Forbidden, Unauthenticated, Unavailable
from holdfast.telemetry.model import Signal
from holdfast.telemetry.otlp_grpc import SERVICES

STUBS = {Signal.TRACES: TraceServiceStub, Signal.METRICS: MetricsServiceStub, Signal.LOGS: LogsServiceStub}
BIG = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]


@pytest.fixture(scope="module")
def intake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """One intake for the tests of this module."""
    with serving(tmp_path_factory.mktemp("intake")) as running:
        yield running


@pytest.fixture(scope="module")
def channel(intake: Serving) -> Iterator[grpc.Channel]:
    """A channel to it."""
    with grpc.insecure_channel(intake.grpc_address, options=BIG) as channel:
        yield channel


def raw(channel, body, signal=Signal.TRACES, **options):
    """Send bytes as they are."""
    return channel.unary_unary(f"/{SERVICES[signal]}/Export")(body, timeout=20, **options)


def refusal(channel, body, **options):
    """Return the error that answers a body."""
    with pytest.raises(grpc.RpcError) as caught:
        raw(channel, body, **options)
    return caught.value


def details(error):
    """Return the Status in an error's trailing metadata."""
    found = dict(error.trailing_metadata())
    return Status.FromString(found["grpc-status-details-bin"])


@pytest.mark.parametrize("compression", [grpc.Compression.NoCompression, grpc.Compression.Gzip])
@pytest.mark.parametrize("signal", Signal)
def test_taken(channel, signal, compression):
    """Every signal is taken, compressed or not, and answered with an empty partial success."""
    request = REQUESTS_OF[signal](now_nanoseconds(), 1, 2)
    reply = STUBS[signal](channel).Export(request, timeout=10, compression=compression)
    assert not reply.HasField("partial_success")


def test_partly_taken(channel):
    """What is rejected is told in a reply that is still OK."""
    request = traces(now_nanoseconds(), 1)
    request.MergeFrom(traces(5, 2, 3))
    reply = TraceServiceStub(channel).Export(request, timeout=10)
    assert reply.partial_success.rejected_spans == 2
    assert "too_old" in reply.partial_success.error_message


def test_repaired(channel):
    """A text that is not UTF-8 is repaired, and the sender told in a reply that is still OK."""
    body = traces(now_nanoseconds(), 1, name="@@@").SerializeToString().replace(b"@@@", b"\xe9t\xe9")
    partial = ExportTraceServiceResponse.FromString(raw(channel, body)).partial_success
    assert (partial.rejected_spans, "repaired_text: 1" in partial.error_message) == (0, True)


@pytest.mark.parametrize("body", [b"\xff\xff", b"\x0a\x05", b"junk"])
def test_bad_body(channel, body):
    """A body that is no request is INVALID_ARGUMENT, which senders do not repeat."""
    error = refusal(channel, body)
    assert error.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert details(error).code == 3
    assert not details(error).details


@pytest.mark.parametrize("compression", [grpc.Compression.NoCompression, grpc.Compression.Gzip])
def test_too_large(channel, compression):
    """A body over the limit, also one that only becomes so by unpacking, is RESOURCE_EXHAUSTED for good."""
    error = refusal(channel, bytes(SMALL.body_bytes + 1), compression=compression)
    assert error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "grpc-status-details-bin" not in dict(error.trailing_metadata()), "no RetryInfo: never repeat it"


def test_unknown_method(channel):
    """Another service is UNIMPLEMENTED."""
    with pytest.raises(grpc.RpcError) as caught:
        channel.unary_unary("/some.Service/Export")(b"", timeout=10)
    assert caught.value.code() == grpc.StatusCode.UNIMPLEMENTED


def test_full(tmp_path):
    """When there is no room senders get UNAVAILABLE with the time to wait."""
    limits = replace(SMALL, free_floor_bytes=1 << 60)
    with serving(tmp_path, limits) as intake, grpc.insecure_channel(intake.grpc_address) as channel:
        error = refusal(channel, traces(now_nanoseconds(), 1).SerializeToString())
    assert error.code() == grpc.StatusCode.UNAVAILABLE
    info = RetryInfo()
    assert details(error).details[0].Unpack(info)
    assert info.retry_delay.seconds == SMALL.retry_seconds


def test_tokens(tmp_path):
    """Where credentials exist, none is UNAUTHENTICATED and a wrong role PERMISSION_DENIED."""

    def authorise(token):
        if token == "viewer":
            return Forbidden("this token may not send telemetry")
        return None if token == "good" else Unauthenticated("send an ingest token")

    with (
        serving(tmp_path, authorise=authorise) as intake,
        grpc.insecure_channel(intake.grpc_address) as channel,
    ):
        assert refusal(channel, b"").code() == grpc.StatusCode.UNAUTHENTICATED
        viewer = [("authorization", "Bearer viewer")]
        assert refusal(channel, b"", metadata=viewer).code() == grpc.StatusCode.PERMISSION_DENIED
        assert raw(channel, b"", metadata=[("authorization", "Bearer good")]) == b""


def test_same_body_over_both_ways(tmp_path):
    """Concurrent exports, and repeats of them, are each stored once."""
    at = now_nanoseconds()
    with serving(tmp_path) as intake:
        with grpc.insecure_channel(intake.grpc_address) as channel:

            def send() -> None:
                for number in range(30):
                    raw(channel, traces(at, number, name=str(number)).SerializeToString())

            threads = [threading.Thread(target=send) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        intake.drained()
        assert sorted(intake.warehouse.span_names(), key=int) == [str(number) for number in range(30)]


def test_port_taken(intake):
    """A port that is in use is said in a sentence."""
    other = intake.service.grpc_server(intake.grpc_address)
    with pytest.raises(Unavailable, match="cannot listen on"):
        other.start()
