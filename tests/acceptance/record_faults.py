"""Records what the demo's shop sends under each fault: `python -m tests.acceptance.record_faults`.

It opens the real shop and switches one fault after the other on, a quarter of an hour in all. Of each fault's
traces some of the failed and of the slowest are kept whole, in `tests/data/otlp/shop-faults.tar.xz`, for the
tests that ask how parties are called.
"""

import gzip
import io
import subprocess
import sys
import tarfile
import tempfile
import threading
from collections import defaultdict
from pathlib import Path

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Status
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bazaar import ports
from bazaar.faults import FAULTS
from bazaar.layout import HOST
from bazaar.serving import server

RECORDED = Path(__file__).parents[1] / "data" / "otlp" / "shop-faults.tar.xz"
KEPT_OF_EACH = 12
BROKEN_SECONDS, MENDED_SECONDS = 60, 15
PACE = "2.2"
"""As in the demo: journeys per second."""

PORT = 21_948
BAZAAR = [sys.executable, "-m", "bazaar"]
CONTROL = ["--control-port", str(PORT + 51)]
ERROR = Status.StatusCode.STATUS_CODE_ERROR


class Recorder:
    """Takes OTLP over HTTP and keeps the requests to store spans."""

    def __init__(self) -> None:
        self.requests: list[ExportTraceServiceRequest] = []

    def application(self) -> Starlette:
        """What listens for it."""
        return Starlette(routes=[Route("/{path:path}", self._take, methods=["POST"])])

    async def _take(self, request: Request) -> Response:
        body = await request.body()
        if request.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        if request.url.path.endswith("/v1/traces"):
            self.requests.append(ExportTraceServiceRequest.FromString(body))
        return Response(media_type="application/x-protobuf")


def telling(requests: list[ExportTraceServiceRequest]) -> ExportTraceServiceRequest:
    """Return whole traces: failed ones and the slowest."""
    longest: dict[bytes, int] = defaultdict(int)
    failed: set[bytes] = set()
    for _, _, one in _spans(requests):
        longest[one.trace_id] = max(longest[one.trace_id], one.end_time_unix_nano - one.start_time_unix_nano)
        failed |= {one.trace_id} if one.status.code == ERROR else set()
    slowest = sorted(longest, key=lambda trace: -longest[trace])
    kept = {*[one for one in slowest if one in failed][:KEPT_OF_EACH], *slowest[:KEPT_OF_EACH]}
    found = ExportTraceServiceRequest()
    for resource, scope, one in _spans(requests):
        if one.trace_id in kept:
            # One resource for each span: the archive is packed, and a test reads it span by span.
            of_resource = found.resource_spans.add(resource=resource.resource)
            of_resource.scope_spans.add(scope=scope.scope, spans=[one])
    return found


def _spans(requests):  # type: ignore[no-untyped-def]  # protobuf's own types, passed on
    for request in requests:
        for resource in request.resource_spans:
            for scope in resource.scope_spans:
                for one in scope.spans:
                    yield resource, scope, one


def record(faults: list[str]) -> None:
    """Open the shop, break it in each of these ways, and write down what it sent; others stay as they are."""
    taken = read_recorded() if RECORDED.exists() else {}
    recorder = Recorder()
    with tempfile.TemporaryDirectory(prefix="bazaar-") as data, ports.listen(PORT, "the recorder") as door:
        serving = server(recorder.application())
        threading.Thread(target=serving.run, kwargs={"sockets": [door]}, daemon=True).start()
        shop = opened(data)
        for name in faults:
            threading.Event().wait(MENDED_SECONDS)
            say("break", name)
            recorder.requests.clear()
            threading.Event().wait(BROKEN_SECONDS)
            taken[name] = telling(list(recorder.requests))
            say("mend")
            print(name, len(recorder.requests), "requests,", taken[name].ByteSize(), "bytes kept", flush=True)
        shop.terminate()
        shop.wait(20)
    write(taken)


def opened(data: str) -> "subprocess.Popen[str]":
    """Return the shop, once it is open."""
    command = [*BAZAAR, "up", *CONTROL, "--base-port", str(PORT + 2), "--data", data]
    command += ["--telemetry", f"http://{HOST}:{PORT}", "--pace", PACE]
    shop = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert shop.stderr is not None
    while "the shop is open" not in shop.stderr.readline():
        pass
    threading.Thread(target=shop.stderr.read, daemon=True).start()
    return shop


def say(*words: str) -> None:
    """Say something to the open shop."""
    subprocess.run([*BAZAAR, *words, *CONTROL], check=True, capture_output=True)


def read_recorded() -> dict[str, ExportTraceServiceRequest]:
    """Return what the shop sent under each fault."""
    found = {}
    with tarfile.open(RECORDED) as archive:
        for one in archive.getmembers():
            file = archive.extractfile(one)
            assert file is not None
            found[Path(one.name).stem] = ExportTraceServiceRequest.FromString(file.read())
    return found


def write(taken: dict[str, ExportTraceServiceRequest]) -> None:
    """Write the archive."""
    with tarfile.open(RECORDED, "w:xz") as archive:
        for name, request in sorted(taken.items()):
            body = request.SerializeToString(deterministic=True)
            entry = tarfile.TarInfo(f"{name}.binpb")
            entry.size = len(body)
            archive.addfile(entry, io.BytesIO(body))


if __name__ == "__main__":
    record(sys.argv[1:] or list(FAULTS))
