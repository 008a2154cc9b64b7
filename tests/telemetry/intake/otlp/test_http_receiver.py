"""OTLP/HTTP to the letter: one server, every way of being right or wrong."""

import gzip
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
import zstandard
from google.rpc.status_pb2 import Status
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from tests.telemetry.bodies import REQUESTS_OF, now_nanoseconds, traces
from tests.telemetry.serving import SMALL, Serving, serving

from holdfast.runtime.errors import Forbidden, Unauthenticated
from holdfast.telemetry.intake.otlp import rules as otlp
from holdfast.telemetry.model import Signal

PROTOBUF, JSON = "application/x-protobuf", "application/json"
RESPONSES = {
    Signal.TRACES: ExportTraceServiceResponse,
    Signal.METRICS: ExportMetricsServiceResponse,
    Signal.LOGS: ExportLogsServiceResponse,
}
REJECTED = {
    Signal.TRACES: "rejected_spans",
    Signal.METRICS: "rejected_data_points",
    Signal.LOGS: "rejected_log_records",
}
PACK = {
    "identity": bytes,
    "gzip": gzip.compress,
    "zstd": zstandard.ZstdCompressor().compress,
    "GZIP": gzip.compress,
}


@pytest.fixture(scope="module")
def intake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """One intake for the tests of this module; each sends bodies of its own."""
    with serving(tmp_path_factory.mktemp("intake")) as running:
        yield running


@pytest.fixture(scope="module")
def client(intake: Serving) -> Iterator[httpx.Client]:
    """A client with kept-alive connections."""
    with httpx.Client(base_url=intake.url) as client:
        yield client


def post(client, path, body, *, form=PROTOBUF, **headers):
    """Send a body."""
    return client.post(path, content=body, headers={"content-type": form, **headers})


def status_of(reply):
    """Return the Status in a reply, whichever way it is written."""
    if reply.headers["content-type"] == JSON:
        return reply.json()["code"], reply.json()["message"]
    read = Status.FromString(reply.content)
    return read.code, read.message


@pytest.mark.parametrize("encoding", PACK)
@pytest.mark.parametrize("signal", Signal)
def test_taken(client, signal, encoding):
    """Every signal in every encoding is answered 200 with an empty message of its own type."""
    body = REQUESTS_OF[signal](now_nanoseconds(), 1, 2).SerializeToString()
    reply = post(client, f"/v1/{signal}", PACK[encoding](body), **{"content-encoding": encoding})
    assert (reply.status_code, reply.headers["content-type"]) == (200, PROTOBUF)
    assert RESPONSES[signal].FromString(reply.content) == RESPONSES[signal]()


@pytest.mark.parametrize("signal", Signal)
def test_partly_taken(client, signal):
    """What is rejected is counted in a reply that is still 200, so that the sender does not repeat it."""
    request = REQUESTS_OF[signal](now_nanoseconds(), 3)
    request.MergeFrom(REQUESTS_OF[signal](5, 1, 2))
    reply = post(client, f"/v1/{signal}", request.SerializeToString())
    partial = RESPONSES[signal].FromString(reply.content).partial_success
    assert (reply.status_code, getattr(partial, REJECTED[signal])) == (200, 2)
    assert "2 of 3" in partial.error_message


def test_repaired_away_from_the_loop(client, monkeypatch):
    """A body to be repaired is handed to the worker and accepted, and the reply says so."""
    threads = []
    repair = otlp.repaired
    monkeypatch.setattr(
        otlp, "repaired", lambda *given: threads.append(threading.current_thread().name) or repair(*given)
    )
    body = traces(now_nanoseconds(), 1, name="@@@").SerializeToString().replace(b"@@@", b"\xe9t\xe9")
    partial = RESPONSES[Signal.TRACES].FromString(post(client, "/v1/traces", body).content).partial_success
    assert (partial.rejected_spans, "repaired_text: 1" in partial.error_message) == (0, True)
    assert [name.rpartition("_")[0] for name in threads] == ["otlp-parse"]


@pytest.mark.parametrize("signal", Signal)
@pytest.mark.parametrize("form", [PROTOBUF, JSON])
def test_empty_request(client, signal, form):
    """An empty request is a success."""
    reply = post(client, f"/v1/{signal}", b"" if form == PROTOBUF else b"{}", form=form)
    assert (reply.status_code, reply.headers["content-type"]) == (200, form)


def test_json_taken(client):
    """A JSON request is answered in JSON, with parameters on its content type too."""
    at = now_nanoseconds()
    span = {"traceId": "5B8EFFF798038103D269B633813FC60C", "spanId": "eee19b7ec3c1b174", "name": "I"}
    document = {"resourceSpans": [{"scopeSpans": [{"spans": [{**span, "startTimeUnixNano": str(at)}]}]}]}
    reply = post(client, "/v1/traces", json.dumps(document).encode(), form="application/json; charset=utf-8")
    assert (reply.status_code, reply.json()) == (200, {"partialSuccess": {}})
    document["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["startTimeUnixNano"] = 7
    reply = post(client, "/v1/traces", json.dumps(document).encode(), form=JSON)
    assert reply.json()["partialSuccess"]["rejectedSpans"] == "1"


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "status", "code"),
    [
        ("POST", "/v1/traces", {}, b"\xff\xff\xff", 400, 3),
        ("POST", "/v1/traces", {"content-encoding": "gzip"}, b"not gzip", 400, 3),
        (
            "POST",
            "/v1/traces",
            {"content-encoding": "gzip"},
            gzip.compress(b"\x0a\x00", mtime=0)[:-1],
            400,
            3,
        ),
        ("POST", "/v1/traces", {"content-encoding": "zstd"}, b"not zstd", 400, 3),
        ("POST", "/v1/traces", {"content-encoding": "zstd"}, PACK["zstd"](b"\x0a\x00" * 9)[:-1], 400, 3),
        ("POST", "/v1/traces", {"content-encoding": "br"}, b"", 415, 3),
        ("POST", "/v1/traces", {"content-encoding": "gzip, gzip"}, b"", 415, 3),
        ("POST", "/v1/traces", {"content-type": JSON}, b"{", 400, 3),
        ("POST", "/v1/traces", {"content-type": JSON}, b"", 400, 3),
        ("POST", "/v1/traces", {"content-type": JSON}, b"\xff", 400, 3),
        ("POST", "/v1/traces", {"content-type": "text/plain"}, b"", 415, 3),
        ("POST", "/v1/traces", {"content-type": ""}, b"", 415, 3),
        ("POST", "/v1/nothing", {}, b"", 404, 5),
        ("POST", "/", {}, b"", 404, 5),
        ("POST", "/v1/traces/", {}, b"", 404, 5),
        ("GET", "/v1/traces", {}, b"", 405, 12),
        ("PUT", "/v1/logs", {}, b"", 405, 12),
        ("OPTIONS", "/v1/logs", {}, b"", 405, 12),
        ("POST", "/v1/traces", {"origin": "https://evil.example"}, b"", 403, 7),
        ("POST", "/v1/traces", {}, b"\x0a" * 1_000_001, 413, 8),
    ],
)
def test_refused(client, method, path, headers, body, status, code):
    """Every refusal carries a google.rpc.Status in the request's media type, with a sentence in it."""
    headers = {"content-type": PROTOBUF, **headers}
    reply = client.request(method, path, content=body, headers=headers)
    assert reply.status_code == status
    assert reply.headers["content-type"] == (PROTOBUF if headers["content-type"] == PROTOBUF else JSON)
    found, message = status_of(reply)
    assert (found, bool(message)) == (code, True)
    assert reply.headers.get("allow") == ("POST" if status == 405 else None)
    assert "retry-after" not in reply.headers, "trying again would not help"


def test_connection_goes_on(intake):
    """After a refusal the same connection serves the next request."""
    good = traces(now_nanoseconds(), 77).SerializeToString()
    with httpx.Client(base_url=intake.url, limits=httpx.Limits(max_connections=1)) as client:
        for body, expected in ((b"\xff", 400), (good, 200), (b"\x0a" * 1_000_001, 413), (good, 200)):
            assert post(client, "/v1/traces", body).status_code == expected


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_too_large_when_unpacked(client, encoding):
    """The limit holds for what a body unpacks to, in one member or in many."""
    bomb = PACK[encoding](bytes(1_000_001))
    assert len(bomb) < 2000
    for body in (bomb, PACK[encoding](bytes(600_000)) * 2):
        reply = post(client, "/v1/logs", body, **{"content-encoding": encoding})
        assert reply.status_code == 413
    parts = PACK[encoding](b"") * 5000
    assert post(client, "/v1/logs", parts, **{"content-encoding": encoding}).status_code == 400


def test_too_large_without_announcement(client):
    """A body whose length is not announced is cut off at the limit, too."""
    reply = client.post("/v1/traces", content=iter([bytes(300_000)] * 5), headers={"content-type": PROTOBUF})
    assert reply.status_code == 413


HALF_A_REQUEST = (
    b"POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 10\r\n\r\n{"
)


def test_slow_body(intake):
    """A sender that pauses too long inside a body is asked to retry, on another connection."""
    with socket.create_connection(("127.0.0.1", intake.http_port), timeout=10) as connection:
        connection.sendall(HALF_A_REQUEST)
        reply = connection.makefile("rb").read()
    assert reply.startswith(b"HTTP/1.1 503")
    assert b"\r\nconnection: close\r\n" in reply
    assert b"\r\nretry-after: 5\r\n" in reply
    assert b"a pause was longer than 0.4 s" in reply


def test_hung_up(intake):
    """A sender that hangs up in the middle of a body leaves nothing behind."""
    with socket.create_connection(("127.0.0.1", intake.http_port)) as connection:
        connection.sendall(HALF_A_REQUEST)
    assert httpx.get(intake.url + "/v1/traces").status_code == 405


def test_repeat_is_stored_once(tmp_path):
    """A repeated body, in any encoding, is acknowledged again and stored once."""
    body = traces(now_nanoseconds(), 1, 2).SerializeToString()
    with serving(tmp_path) as intake:
        with httpx.Client(base_url=intake.url) as client:
            for encoding in ("identity", "identity", "gzip", "zstd"):
                sent = post(client, "/v1/traces", PACK[encoding](body), **{"content-encoding": encoding})
                assert sent.status_code == 200
        intake.drained()
        assert intake.warehouse.stored() == [body]
        status = intake.service.status()
        assert (status.accepted, status.repeated) == ({"traces": 2}, {"traces": 3})


def test_concurrent_senders(tmp_path):
    """Bodies of many senders at once are all stored, each once."""
    at = now_nanoseconds()
    with serving(tmp_path) as intake:

        def send(sender: int) -> None:
            with httpx.Client(base_url=intake.url) as client:
                for number in range(20):
                    body = traces(at, number, name=f"{sender}/{number}").SerializeToString()
                    assert post(client, "/v1/traces", body).status_code == 200

        threads = [threading.Thread(target=send, args=(sender,)) for sender in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        intake.drained()
        assert sorted(intake.warehouse.span_names()) == sorted(
            f"{s}/{n}" for s in range(8) for n in range(20)
        )


def test_full(tmp_path):
    """When the spool is full senders get a time to retry, and nothing of theirs is kept."""
    limits = replace(SMALL, spool_bytes=1_000_000, segment_seconds=60.0)
    with serving(tmp_path, limits) as intake, httpx.Client(base_url=intake.url) as client:
        names = iter(range(10_000))
        at = now_nanoseconds()

        def send():
            body = traces(at, next(names), name="x" * 300_000).SerializeToString()
            return post(client, "/v1/traces", body)

        replies = [send() for _ in range(5)]
        assert [reply.status_code for reply in replies] == [200, 200, 200, 503, 503]
        assert replies[3].headers["retry-after"] == str(limits.retry_seconds)
        read = Status.FromString(replies[3].content)
        assert (read.code, len(read.details)) == (14, 1)
        assert "1000000 bytes of the spool" in read.message


def test_disk_is_full(tmp_path):
    """Intake stops while the disk still has room for the rest of the system."""
    limits = replace(SMALL, free_floor_bytes=1 << 60)
    with serving(tmp_path, limits) as intake:
        reply = httpx.post(intake.url + "/v1/traces", content=b"", headers={"content-type": JSON})
        assert reply.status_code == 503
        assert intake.service.status().state == "full"
        assert "bytes free" in reply.json()["message"]


def test_tokens(tmp_path):
    """Where credentials exist, none is 401, a wrong one too, and one that may not send is 403."""

    def authorise(token):
        if token == "viewer":
            return Forbidden("this token may not send telemetry")
        return None if token == "good" else Unauthenticated("send an ingest token")

    with serving(tmp_path, authorise=authorise) as intake, httpx.Client(base_url=intake.url) as client:
        for header, expected in (
            ({}, 401),
            ({"authorization": "Bearer bad"}, 401),
            ({"authorization": "Basic good"}, 401),
            ({"authorization": "Bearer viewer"}, 403),
            ({"authorization": "bearer good"}, 200),
        ):
            reply = post(client, "/v1/traces", b"", **header)
            assert reply.status_code == expected
            assert ("www-authenticate" in reply.headers) == (expected == 401)


def test_browsers(tmp_path):
    """A page whose origin is allowed may send; its preflight is answered."""
    origin = "https://shop.example"
    with (
        serving(tmp_path, origins=frozenset({origin})) as intake,
        httpx.Client(base_url=intake.url) as client,
    ):
        preflight = client.options("/v1/traces", headers={"origin": origin})
        assert preflight.status_code == 204
        assert preflight.headers["access-control-allow-origin"] == origin
        sent = post(client, "/v1/traces", b"", origin=origin)
        assert (sent.status_code, sent.headers["access-control-allow-origin"]) == (200, origin)


VALID = [REQUESTS_OF[signal](1_700_000_000_000_000_000, 1, 2).SerializeToString() for signal in Signal]


@st.composite
def mutated(draw):
    """A valid request with bytes cut off, changed or put in."""
    body = bytearray(draw(st.sampled_from(VALID)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(body)))
        body[at : at + draw(st.integers(0, 3))] = draw(st.binary(max_size=4))
    return bytes(body[: draw(st.integers(0, len(body)))]) if draw(st.booleans()) else bytes(body)


@settings(max_examples=150, deadline=None)
@given(
    path=st.sampled_from(["/v1/traces", "/v1/metrics", "/v1/logs"]),
    form=st.sampled_from([PROTOBUF, JSON]),
    encoding=st.sampled_from(["identity", "gzip", "zstd"]),
    packed=st.booleans(),
    body=st.one_of(
        mutated(),
        st.binary(max_size=300),
        st.text(alphabet='{}[]":,0123e-resourceSpans', max_size=200).map(str.encode),
    ),
)
def test_fuzz(intake, client, path, form, encoding, packed, body):
    """For any bytes, the answer is one of the defined ones, and the server continues."""
    sent = PACK[encoding](body) if packed else body
    reply = post(client, path, sent, form=form, **{"content-encoding": encoding})
    assert reply.status_code in (200, 400)
    assert reply.headers["content-type"] == form
