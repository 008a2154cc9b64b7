"""A server where only its data directory can be written, as the shipped unit file gives it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.acceptance.server_process import CATALOG, START_SECONDS, pause
from tests.ports import free_port
from tests.telemetry.otlp_builders import of_service, span, traces

from holdfast.runtime.clock import SystemClock

CLOCK = SystemClock()
READ_ONLY = """
set -e
mount --make-rprivate /
mount --bind "$1" "$1"
mount -o remount,ro,bind /
for place in $(awk '$3 == "tmpfs" || $3 == "ext4" {print $2}' /proc/mounts); do
  case "$place" in "$1"|/) ;; *) mount -o remount,ro,bind "$place" 2>/dev/null || true ;; esac
done
if touch /tmp/holdfast-may-write 2>/dev/null; then echo "the root can be written" >&2; exit 9; fi
cd /
shift
exec "$@"
"""


def _namespace() -> list[str]:
    return ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-r", "-m"]


def _can_make_one() -> bool:
    if shutil.which("unshare") is None:
        return False
    command = [*_namespace(), "sh", "-c", "mount --make-rprivate / && mount -o remount,ro,bind /"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


class Server:
    """`holdfast serve` in `/`, below a root that is read-only but for its data directory, without HOME."""

    def __init__(self, directory: Path) -> None:
        self.data, self.log = directory / "data", directory / "server.log"
        self.data.mkdir(mode=0o700)
        (directory / "catalog").mkdir()
        (directory / "catalog" / "orders.yaml").write_text(CATALOG)
        self.page, self.otlp = free_port(), free_port()
        command = [sys.executable, "-m", "holdfast", "serve", "--data", str(self.data)]
        command += ["--port", str(self.page), "--otlp-grpc-port", "0", "--otlp-http-port", str(self.otlp)]
        command += ["--catalog", str(directory / "catalog")]
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "PYTHONPATH")}
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [*_namespace(), "bash", "-c", READ_ONLY, "sh", str(self.data), *command],
                stdout=output,
                stderr=output,
                env={**kept, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
            )

    def wait_for(self, path: str, wanted: str) -> None:
        """Wait until `path` of the API answers with `wanted` in it."""
        until = CLOCK.monotonic_seconds() + START_SECONDS
        while True:
            try:
                found = httpx.get(f"http://127.0.0.1:{self.page}{path}", timeout=10).text
            except httpx.TransportError:
                found = ""
            if wanted in found:
                return
            assert self.process.poll() is None, self.log.read_text()[-3000:]
            assert CLOCK.monotonic_seconds() < until, (found, self.log.read_text()[-3000:])
            pause(0.1)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server below a read-only root, ended with the test."""
    one = Server(tmp_path)
    yield one
    one.process.kill()
    one.process.wait(30)


@pytest.mark.skipif(not _can_make_one(), reason="needs mount namespaces")
def test_all_is_kept_where_only_the_data_directory_can_be_written(server: Server) -> None:
    """Telemetry is stored, the log has no complaint, and stopping is clean."""
    server.wait_for("/readyz", '"name":"intake","state":"ok"')
    sent_span = span(at=CLOCK.now().timestamp(), trace_id=os.urandom(16))
    body = traces(of_service("checkout", [sent_span])).SerializeToString()
    sent = httpx.post(
        f"http://127.0.0.1:{server.otlp}/v1/traces",
        content=body,
        headers={"content-type": "application/x-protobuf"},
    )
    assert sent.status_code == 200
    server.wait_for("/api/v1/traces?service=checkout", sent_span.trace_id.hex())
    server.process.terminate()
    assert server.process.wait(60) == 0
    assert [line for line in server.log.read_text().splitlines() if " error " in line] == []
    assert list((server.data / "spool").glob("*.sealed")) == []
