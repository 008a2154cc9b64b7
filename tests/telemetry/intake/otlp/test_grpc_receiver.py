"""OTLP/gRPC to the letter, with a real gRPC client."""

import queue
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
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
from holdfast.telemetry.intake.limits import ConnectionLimits
from holdfast.telemetry.intake.otlp import grpc_receiver
from holdfast.telemetry.intake.otlp.grpc_receiver import SERVICES
from holdfast.telemetry.model import Signal

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


def raw(channel, body, signal=Signal.TRACES, timeout=20, **options):
    """Send bytes as they are."""
    return channel.unary_unary(f"/{SERVICES[signal]}/Export")(body, timeout=timeout, **options)


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
    """Rejections are reported in a reply that is still OK."""
    request = traces(now_nanoseconds(), 1)
    request.MergeFrom(traces(5, 2, 3))
    reply = TraceServiceStub(channel).Export(request, timeout=10)
    assert reply.partial_success.rejected_spans == 2
    assert "too_old" in reply.partial_success.error_message


def test_repaired(channel):
    """A text that is not UTF-8 is repaired and reported in a reply that is still OK."""
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


class Patience:
    """A gRPC server with short limits, and ways to try them."""

    limits = ConnectionLimits(connections=5, head_seconds=0.5, idle_seconds=1, host_share=1.0)
    PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])

    def __init__(self, intake: Serving) -> None:
        self.port = intake.service.grpc_server("127.0.0.1:0", self.limits).start()

    def connect(self, said: bytes = b"") -> socket.socket:
        """Open a connection that says so much and no more."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        connection.sendall(said)
        return connection

    def is_served(self) -> bool:
        """Whether an export over a connection of its own is answered at once."""
        alone = [("grpc.use_local_subchannel_pool", 1)]
        with grpc.insecure_channel(f"127.0.0.1:{self.port}", options=alone) as channel:
            try:
                return channel.unary_unary(f"/{SERVICES[Signal.TRACES]}/Export")(b"", timeout=5) == b""
            except grpc.RpcError:
                return False

    def is_served_again(self) -> bool:
        """Whether one is within ten seconds, asking again and again."""
        return any(self.is_served() or threading.Event().wait(0.1) for _ in range(100))


def rest(connection: socket.socket) -> bytes:
    """Return what comes until the server hangs up, which it has to do within ten seconds."""
    found = b""
    with suppress(ConnectionResetError):
        while piece := connection.recv(1000):
            found += piece
    return found


@pytest.fixture
def patience(intake: Serving) -> Patience:
    """A server beside that of the module."""
    return Patience(intake)


@pytest.mark.parametrize("said", [b"", b"PRI * HTT", Patience.PREFACE])
def test_one_connection_too_many_is_closed(patience, said):
    """Over the limit a connection is closed unread, and the sender is served when others have gone."""
    with ExitStack() as stack:
        for _ in range(patience.limits.connections):
            stack.enter_context(patience.connect(said))
        with patience.connect() as over:
            assert rest(over) == b""
    assert patience.is_served_again()


@pytest.mark.parametrize("said", [b"", b"PRI * HTT", b"GET / HTTP/1.1\r\n\r\n", Patience.PREFACE])
def test_silent_connections_are_closed(patience, said):
    """A connection on which nothing is asked is closed, however far its greeting came."""
    with ExitStack() as stack:
        held = [stack.enter_context(patience.connect(said)) for _ in range(patience.limits.connections)]
        assert patience.is_served_again()
        for one in held:
            rest(one)


CROWD = ConnectionLimits(connections=8, head_seconds=20, idle_seconds=75)


def a_connection(port: int, host: str) -> socket.socket:
    """Return a connection that comes from an address of this machine, and greets."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=10, source_address=(host, 0))
    connection.sendall(Patience.PREFACE)
    return connection


TWO_LOOKS_SECONDS = grpc_receiver._LOOK_SECONDS * 2 + 0.5


def is_open(connection: socket.socket, *, seconds: float = TWO_LOOKS_SECONDS) -> bool:
    """Whether the server has not hung up by the time it has looked twice."""
    connection.settimeout(seconds)
    try:
        while connection.recv(1000):
            pass
    except TimeoutError:
        return True
    except ConnectionResetError:
        pass
    return False


def test_one_host_has_half_of_the_connections_at_most(tmp_path, caplog):
    """Of a host with over half of the places the newest are closed; others are served, and it is said."""
    with serving(tmp_path) as intake, ExitStack() as stack:
        port = intake.service.grpc_server("127.0.0.1:0", CROWD).start()
        held = [stack.enter_context(a_connection(port, "127.0.0.1")) for _ in range(4)]
        threading.Event().wait(grpc_receiver._LOOK_SECONDS * 2)  # they work by the time the others come
        assert intake.service.status().state == "ok"
        more = [stack.enter_context(a_connection(port, "127.0.0.1")) for _ in range(3)]
        other = stack.enter_context(a_connection(port, "127.0.0.2"))
        assert [is_open(one) for one in more] == [False] * 3
        threading.Event().wait(TWO_LOOKS_SECONDS)  # once for all that stay
        assert [is_open(one, seconds=0.05) for one in (*held, other)] == [True] * 5
        status = intake.service.status()
        assert (status.state, status.turned_away) == ("crowded", 3)
        said = "of them from 127.0.0.1; one host may have 4"
        assert said in status.detail
        assert said in caplog.text


def test_a_full_port_is_reported(tmp_path):
    """A port whose places are all taken, by no host too many, is called crowded for a minute."""
    with serving(tmp_path) as intake, ExitStack() as stack:
        port = intake.service.grpc_server("127.0.0.1:0", CROWD).start()
        for host in ("127.0.0.1", "127.0.0.2") * 4:
            stack.enter_context(a_connection(port, host))
        threading.Event().wait(grpc_receiver._LOOK_SECONDS * 3)
        status = intake.service.status()
        assert (status.state, status.turned_away) == ("crowded", 0)
        assert "8 of 8 are open" in status.detail


@contextmanager
def nothing():
    """An iterator of messages of which none comes before the block ends."""
    never = threading.Event()

    def messages():
        never.wait(20)
        yield from ()

    yield messages
    never.set()


def test_calls_without_a_message_hold_up_nobody(tmp_path, monkeypatch):
    """Calls whose message does not come keep nobody from being answered; a few are waited for."""
    monkeypatch.setattr(grpc_receiver, "_QUICK_SECONDS", 0.3)
    ended = queue.SimpleQueue()
    patient = replace(SMALL, body_seconds=20.0)
    with serving(tmp_path, patient) as intake, grpc.insecure_channel(intake.grpc_address) as channel:
        call = channel.stream_unary(f"/{SERVICES[Signal.TRACES]}/Export")
        with nothing() as messages:
            for _ in range(60):
                call.future(messages()).add_done_callback(ended.put)
            for number in range(5):
                body = traces(now_nanoseconds(), number).SerializeToString()
                assert raw(channel, body, timeout=1) == b""
            cut = [ended.get(timeout=10).code() for _ in range(60 - grpc_receiver._SLOW_CALLS)]
        left = [ended.get(timeout=10).code() for _ in range(grpc_receiver._SLOW_CALLS)]
    assert set(cut) == {grpc.StatusCode.UNAVAILABLE}
    assert set(left) == {grpc.StatusCode.INVALID_ARGUMENT}


def test_a_message_that_does_not_come_in_time(channel):
    """However few are waited for, a message has as long as a body over HTTP; then it is to be sent again."""
    with nothing() as messages, pytest.raises(grpc.RpcError) as caught:
        channel.stream_unary(f"/{SERVICES[Signal.TRACES]}/Export")(messages(), timeout=10)
    assert caught.value.code() == grpc.StatusCode.UNAVAILABLE
    assert "did not arrive within 0.4 s" in caught.value.details()
    assert details(caught.value).details, "RetryInfo: send it again"


def test_a_call_that_ends_without_a_message(channel):
    """A call without its message is INVALID_ARGUMENT."""
    with pytest.raises(grpc.RpcError) as caught:
        channel.stream_unary(f"/{SERVICES[Signal.TRACES]}/Export")(iter(()), timeout=10)
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT


def test_a_sender_that_hangs_up_takes_nothing_along(tmp_path):
    """What waits for the disk is stored although its sender has gone, also for another who sent the same."""
    body = traces(now_nanoseconds(), 1).SerializeToString()
    with serving(tmp_path) as intake:
        for _ in range(20):
            with grpc.insecure_channel(intake.grpc_address) as channel:
                future = channel.unary_unary(f"/{SERVICES[Signal.TRACES]}/Export").future(body, timeout=10)
                future.cancel()
        with grpc.insecure_channel(intake.grpc_address) as channel:
            assert raw(channel, body) == b""
        intake.drained()
        assert intake.warehouse.span_names() == ["GET /"]


def test_refused_before_it_is_read(tmp_path):
    """With no room a call is refused although its message never comes: nothing is read for nothing."""
    full = replace(SMALL, free_floor_bytes=1 << 60, body_seconds=60.0)
    with (
        serving(tmp_path, full) as intake,
        grpc.insecure_channel(intake.grpc_address) as channel,
        nothing() as messages,
    ):
        call = channel.stream_unary(f"/{SERVICES[Signal.TRACES]}/Export").future(messages())
        assert call.exception(timeout=10).code() == grpc.StatusCode.UNAVAILABLE
