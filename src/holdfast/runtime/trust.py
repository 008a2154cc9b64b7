"""Whom the commands trust over TLS (the CA in HOLDFAST_CA, or the public ones), and what a failure means."""

import os
import ssl
from pathlib import Path

from holdfast.runtime.errors import Invalid

VARIABLE = "HOLDFAST_CA"


def trusted() -> ssl.SSLContext | None:
    """Return the TLS context that trusts HOLDFAST_CA and nobody else; None if it is not set.

    Raises:
        Invalid: the file cannot be read, or holds no certificate.
    """
    path = os.environ.get(VARIABLE, "").strip()
    if not path:
        return None
    rule = "a file with CA certificates in PEM"
    try:
        text = Path(path).read_text(encoding="ascii", errors="replace")
        return ssl.create_default_context(cadata=text or "-")
    except ssl.SSLError as error:
        raise Invalid(
            f"{VARIABLE} {path} holds no certificate in PEM: name the CA that signed the server's",
            value=path,
            rule=rule,
        ) from error
    except OSError as error:
        reason = error.strerror or error
        raise Invalid(
            f"{VARIABLE} {path} cannot be read ({reason}): name the file of the CA that signed the server's "
            "certificate",
            value=path,
            rule=rule,
        ) from error


def advice(error: BaseException) -> str | None:
    """Return what to do about a connection that failed for TLS; None if it failed for something else."""
    found = _tls_error(error)
    if found is None:
        return None
    if isinstance(found, ssl.SSLCertVerificationError):
        return (
            f"its certificate is not trusted ({found.verify_message}); set {VARIABLE} to the file of the CA "
            "that signed it, and use a name in --url that the certificate has"
        )
    return f"it speaks no TLS that fits ({found.reason}); if it speaks plain HTTP, use http:// in --url"


def _tls_error(error: BaseException | None) -> ssl.SSLError | None:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return error
        error = error.__cause__ or error.__context__
    return None
