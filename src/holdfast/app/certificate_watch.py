"""Keeps the server's certificate in step with its files: a renewed one counts without a restart."""

import logging
import os
import ssl
import threading

from holdfast.runtime import certificates
from holdfast.runtime.certificates import Certificate, CertificateFiles
from holdfast.runtime.clock import Clock
from holdfast.runtime.errors import Invalid
from holdfast.runtime.settings import Settings

log = logging.getLogger(__name__)

PAUSE_SECONDS = 1.0
SOON_DAYS = 14
"""A certificate that ends sooner is worth a line: most are renewed a month before."""

_Fingerprint = tuple[tuple[int, int, int] | None, ...]


def files_of(settings: Settings) -> CertificateFiles:
    """Return the files that the settings name."""
    own = tuple(settings.data / name for name in ("spool", "warehouse", "tmp"))
    return CertificateFiles(settings.tls_certificate, settings.tls_key, settings.otlp_client_ca, own)


class CertificateWatch:
    """The certificate in use; looks at its files once a second, lives as long as the server.

    Files are read when two looks in a row see the same, and used only if all of them are sound: while one of
    a pair is written, or if a wrong one is, the pair of before stays. Connections keep the certificate they
    began with.
    """

    def __init__(self, files: CertificateFiles, certificate: Certificate, clock: Clock) -> None:
        self._files = files
        self._clock = clock
        self.current = certificate
        self._seen = self._read = _fingerprint(files)
        _warn_of_end(certificate, files, clock)

    @property
    def page(self) -> ssl.SSLContext:
        """The TLS context for a new connection to page and API."""
        return self.current.page

    @property
    def otlp(self) -> ssl.SSLContext:
        """The TLS context for a new connection to OTLP over HTTP."""
        return self.current.otlp

    def look(self) -> bool:
        """Look once; return whether another certificate is in use now."""
        now = _fingerprint(self._files)
        is_settled, self._seen = now == self._seen, now
        if now == self._read or not is_settled:
            return False
        self._read = now
        try:
            found = certificates.read(self._files)
        except (Invalid, OSError) as error:
            log.warning("%s; until then the certificate of before is used", error)
            return False
        if found is None or found.is_same(self.current):
            return False
        self.current = found
        log.info("a new certificate is used: %s, until %s", _names(found), _day(found))
        _warn_of_end(found, self._files, self._clock)
        return True

    def run(self, stop: threading.Event) -> None:
        """Look until `stop` is set."""
        while not self._clock.wait(stop, PAUSE_SECONDS):
            self.look()


def opened(settings: Settings, clock: Clock) -> CertificateWatch | None:
    """Read the certificate that the settings name; None if they name none.

    Raises:
        Invalid: with every problem of every file.
    """
    files = files_of(settings)
    certificate = certificates.read(files)
    return None if certificate is None else CertificateWatch(files, certificate, clock)


def _fingerprint(files: CertificateFiles) -> _Fingerprint:
    return tuple(_identity(path) for path in files.given.values())


def _identity(path: os.PathLike[str]) -> tuple[int, int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def _warn_of_end(certificate: Certificate, files: CertificateFiles, clock: Clock) -> None:
    left = certificate.days_left(clock.now())
    if left < 0:
        said = f"has expired on {_day(certificate)}, and clients refuse it"
    elif left < SOON_DAYS:
        said = f"expires in {left:.0f} days, on {_day(certificate)}"
    else:
        return
    log.warning(
        "the certificate %s %s: renew it; it is read again without a restart", files.certificate, said
    )


def _names(certificate: Certificate) -> str:
    return ", ".join(certificate.names) or "no names"


def _day(certificate: Certificate) -> str:
    return f"{certificate.not_after:%Y-%m-%d}"
