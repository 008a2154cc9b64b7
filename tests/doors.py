"""Certificates made for a test, and a running intake behind ports that show them."""

import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import trustme
from starlette.types import ASGIApp
from tests.telemetry.bodies import RememberingWarehouse
from tests.telemetry.serving import SMALL

from holdfast.app import certificate_watch, ports
from holdfast.app.certificate_watch import CertificateWatch
from holdfast.app.listeners import HttpListener
from holdfast.runtime import certificates
from holdfast.runtime.certificates import CertificateFiles
from holdfast.runtime.clock import SystemClock
from holdfast.runtime.peer_notices import PeerNotices
from holdfast.telemetry.intake.limits import ConnectionLimits
from holdfast.telemetry.intake.service import IntakeService

NAMES = ("localhost", "127.0.0.1")


@dataclass(frozen=True)
class Authority:
    """A CA of a test's own, with the file of its certificate."""

    ca: trustme.CA
    file: Path

    def context(self, client: Path | None = None) -> ssl.SSLContext:
        """Return the TLS context of a client that trusts it, and shows the pair `client`.pem if given."""
        context = ssl.create_default_context(cafile=str(self.file))
        if client is not None:
            context.load_cert_chain(str(client))
        return context


def authority(directory: Path, name: str = "ca") -> Authority:
    """Make a CA and write its certificate to `directory`."""
    made = Authority(trustme.CA(), directory / f"{name}.pem")
    made.ca.cert_pem.write_to_path(str(made.file))
    return made


def write_pair(
    directory: Path,
    by: Authority,
    *names: str,
    not_before: datetime | None = None,
    not_after: datetime | None = None,
    client_ca: Path | None = None,
    kind: trustme.KeyType = trustme.KeyType.ECDSA,
) -> CertificateFiles:
    """Write a certificate for `names` and its key, over those that are there."""
    files = CertificateFiles(directory / "server.pem", directory / "server.key", client_ca)
    issued = by.ca.issue_cert(*(names or NAMES), not_before=not_before, not_after=not_after, key_type=kind)
    assert files.certificate is not None
    assert files.key is not None
    files.certificate.write_bytes(b"".join(pem.bytes() for pem in issued.cert_chain_pems))
    files.key.write_bytes(issued.private_key_pem.bytes())
    files.key.chmod(0o600)
    return files


def client_pair(directory: Path, by: Authority, name: str = "sender") -> Path:
    """Write a client's key and certificate into one file."""
    path = directory / f"{name}.pem"
    by.ca.issue_cert(f"{name}@example.com").private_key_and_cert_chain_pem.write_to_path(str(path))
    return path


@dataclass(frozen=True)
class Doors:
    """A running server's three ports, and the certificate they show."""

    service: IntakeService
    warehouse: RememberingWarehouse
    page: int
    otlp_http: int
    otlp_grpc: int
    watch: CertificateWatch | None

    @property
    def numbers(self) -> tuple[int, int, int]:
        """All three ports."""
        return self.page, self.otlp_http, self.otlp_grpc

    def drained(self) -> None:
        """Return when everything taken is in the warehouse."""
        self.service.stop(10)

    def look(self) -> bool:
        """Let the server look at its files twice, as it does within two seconds."""
        assert self.watch is not None
        return [self.watch.look(), self.watch.look()][1]


async def nothing_here(scope, receive, send) -> None:
    """Answer 204 to everything."""
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


@contextmanager
def doors(
    directory: Path,
    files: CertificateFiles | None = None,
    *,
    page: ASGIApp = nothing_here,
    limits: ConnectionLimits | None = None,
    **options,
) -> Iterator[Doors]:
    """Serve page and intake on free ports until the block ends, over TLS if there are files for it."""
    clock, warehouse, held = SystemClock(), RememberingWarehouse(), limits or ConnectionLimits()
    (directory / "spool").mkdir(parents=True, exist_ok=True)
    found = certificates.read(files) if files is not None else None
    watch = certificate_watch.CertificateWatch(files, found, clock) if files and found else None
    notices = PeerNotices(clock)
    with ExitStack() as stack:
        service = IntakeService(directory / "spool", warehouse, clock, SMALL, **options)
        service.start()
        stack.callback(service.stop, 5)
        listeners = []
        for name, app in (("page", page), ("otlp-http", service.http_app)):
            opened = ports.listen("127.0.0.1", 0, purpose=name, setting=name)
            stack.callback(opened.close)
            tls = _context_of(watch, name)
            listener = HttpListener(name, app, opened, clock, held, tls=tls, notices=notices)
            listener.start()
            stack.callback(listener.stop)
            listeners.append(int(listener.address.rpartition(":")[2]))
        shown = (lambda: watch.current) if watch else None
        grpc_port = service.grpc_server("127.0.0.1:0", held, certificate=shown, notices=notices).start()
        yield Doors(service, warehouse, listeners[0], listeners[1], grpc_port, watch)


def _context_of(watch: CertificateWatch | None, name: str):
    if watch is None:
        return None
    return lambda: watch.page if name == "page" else watch.otlp
