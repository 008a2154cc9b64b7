"""The server's certificate: read from its files, checked as a whole, described for people.

A certificate is used only if all of it is sound: the chain and the key are PEM, belong together and can serve
TLS, and so can the CA of client certificates, if one is given. Nothing here keeps or shows the text of a key
except `Certificate.key`, which gRPC takes.
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from holdfast.runtime.errors import Invalid, Problem

CERTIFICATE, KEY, CLIENT_CA = "--tls-certificate", "--tls-key", "--otlp-client-ca"
_WORDS = {CERTIFICATE: b"BEGIN CERTIFICATE", KEY: b"PRIVATE KEY-----", CLIENT_CA: b"BEGIN CERTIFICATE"}
_HOLDS = {CERTIFICATE: "certificate", KEY: "private key", CLIENT_CA: "CA certificate"}
_NO_CHECK_TIME = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME, which `ssl` has no name for: an expired certificate is read too."""
_ROUNDS_MOST = 8
_MISMATCHES = ("KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH", "NO_CERTIFICATE_ASSIGNED")
"""OpenSSL's reasons for a key that is another certificate's; the last where even its kind is another."""


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """Where the certificate, its key and the CA of client certificates are; None for each that is not set.

    Below `no_place_for_keys` a key would be deleted, or packed into a backup.
    """

    certificate: Path | None
    key: Path | None
    client_ca: Path | None = None
    no_place_for_keys: tuple[Path, ...] = ()

    @property
    def given(self) -> dict[str, Path]:
        """The files by the setting that names them."""
        named = {CERTIFICATE: self.certificate, KEY: self.key, CLIENT_CA: self.client_ca}
        return {setting: path for setting, path in named.items() if path is not None}


@dataclass(frozen=True, slots=True, eq=False)
class Certificate:
    """A sound certificate with its key; `names` and `not_after` (its last instant) are those of the leaf.

    `page` is the TLS context of page and API, `otlp` that of OTLP over HTTP, which asks for client
    certificates if there is a CA for them. `chain`, `key` and `client_ca` are the PEM texts gRPC takes.
    """

    chain: bytes = field(repr=False)
    key: bytes = field(repr=False)
    client_ca: bytes | None = field(repr=False)
    names: tuple[str, ...]
    not_after: datetime
    page: ssl.SSLContext = field(repr=False)
    otlp: ssl.SSLContext = field(repr=False)

    def days_left(self, now: datetime) -> float:
        """Return the days until it expires; less than 0 if it has."""
        return (self.not_after - now).total_seconds() / 86_400

    def is_same(self, other: "Certificate") -> bool:
        """Whether the other was read from the same texts."""
        return (self.chain, self.key, self.client_ca) == (other.chain, other.key, other.client_ca)


def read(files: CertificateFiles) -> Certificate | None:
    """Read the files; return None if none is given.

    Raises:
        Invalid: with every problem of every file, each of which names the setting and what to do.
    """
    if not files.given:
        return None
    problems = _incomplete(files) + _misplaced(files)
    texts = {setting: _text(setting, path, problems) for setting, path in files.given.items()}
    _refuse(problems)
    contexts = _contexts(files, texts, problems)
    _refuse(problems)
    if any(path.read_bytes() != texts[setting] for setting, path in files.given.items()):
        _refuse([_problem(CERTIFICATE, files, "a file that stays", "changed while it was read")])
    return _described(files, texts, *contexts)


def first_of(chain: bytes) -> str:
    """Return the leaf of a chain: its first certificate."""
    text = chain.decode("ascii", "replace")
    end = "-----END CERTIFICATE-----"
    return text[text.index("-----BEGIN CERTIFICATE-----") : text.index(end) + len(end)] + "\n"


def _incomplete(files: CertificateFiles) -> list[Problem]:
    given = files.given
    if CERTIFICATE in given and KEY in given:
        return []
    missing = [setting for setting in (CERTIFICATE, KEY) if setting not in given]
    problems = []
    for setting in missing:
        variable = "HOLDFAST_" + setting[2:].upper().replace("-", "_")
        message = (
            f"{' and '.join(given)} is set and {setting} is not: TLS needs the file of the "
            f"{_HOLDS[setting]} too; set {setting} or {variable}"
        )
        problems.append(Problem(setting, "", "certificate and key together", message))
    return problems


def _misplaced(files: CertificateFiles) -> list[Problem]:
    if files.key is None:
        return []
    place = files.key.resolve()
    return [
        _problem(
            KEY,
            files,
            "a place of its own",
            f"lies below {one}, which is Holdfast's own: backups pack what is there; move the key elsewhere",
        )
        for one in files.no_place_for_keys
        if place.is_relative_to(one.resolve())
    ]


def _text(setting: str, path: Path, problems: list[Problem]) -> bytes:
    try:
        text = path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        message = f"{setting} {path} cannot be read ({reason}): name a file that Holdfast's user may read"
        problems.append(Problem(setting, str(path), "a readable file", message))
        return b""
    if _WORDS[setting] not in text:
        message = f"{setting} {path} holds no {_HOLDS[setting]} in PEM: give it the file that does"
        problems.append(Problem(setting, str(path), "PEM", message))
    elif setting == KEY and b"ENCRYPTED" in text:
        message = (
            f"{setting} {path} has a passphrase, which nobody is there to type: give it a key without one"
        )
        problems.append(Problem(setting, str(path), "a key without a passphrase", message))
    return text


def _contexts(
    files: CertificateFiles, texts: dict[str, bytes], problems: list[Problem]
) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    page, otlp = _context(), _context()
    try:
        for context in (page, otlp):
            context.load_cert_chain(str(files.certificate), str(files.key), password=_nobody_to_ask)
    except ssl.SSLError as error:
        problems.append(_unusable(files, error))
    if CLIENT_CA in texts:
        otlp.verify_mode = ssl.CERT_REQUIRED
        try:
            otlp.load_verify_locations(cadata=texts[CLIENT_CA].decode("ascii", "replace"))
        except ssl.SSLError as error:
            problems.append(_problem(CLIENT_CA, files, "CA certificates", f"cannot be used ({error.reason})"))
    return page, otlp


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # The server's order counts. Who speaks nothing but HTTP/2 comes in far enough to be answered.
    context.set_alpn_protocols(["http/1.1", "h2"])
    return context


def _nobody_to_ask() -> str:
    # Without it OpenSSL asks for a passphrase on the terminal.
    return ""


def _unusable(files: CertificateFiles, error: ssl.SSLError) -> Problem:
    if error.reason in _MISMATCHES:
        said = f"does not belong to the certificate in {files.certificate}: give both files of one pair"
        return _problem(KEY, files, "the key of the certificate", said)
    said = f"cannot be used with the key in {files.key} ({error.reason or 'not valid PEM'})"
    return _problem(CERTIFICATE, files, "a certificate and its key", said)


def _problem(setting: str, files: CertificateFiles, rule: str, said: str) -> Problem:
    path = files.given[setting]
    return Problem(setting, str(path), rule, f"{setting} {path} {said}")


def _refuse(problems: list[Problem]) -> None:
    if problems:
        first, more = problems[0], len(problems) - 1
        detail = first.message + (f" (and {more} more)" if more else "")
        raise Invalid(detail, value=first.value, rule=first.rule, problems=tuple(problems))


def _described(
    files: CertificateFiles, texts: dict[str, bytes], page: ssl.SSLContext, otlp: ssl.SSLContext
) -> Certificate:
    try:
        leaf = _shown_by(page, first_of(texts[CERTIFICATE]))
    except ssl.SSLError as error:
        reason = getattr(error, "verify_message", "") or error.reason
        said = f"cannot serve TLS ({reason}): give it a server's certificate, its leaf first"
        _refuse([_problem(CERTIFICATE, files, "a server's certificate", said)])
        raise
    alternatives: tuple[tuple[str, str], ...] = leaf.get("subjectAltName", ())  # type: ignore[assignment]  # as documented
    not_after = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(leaf["notAfter"])), UTC)
    names = tuple(value for kind, value in alternatives if kind in ("DNS", "IP Address"))
    return Certificate(texts[CERTIFICATE], texts[KEY], texts.get(CLIENT_CA), names, not_after, page, otlp)


def _shown_by(server: ssl.SSLContext, leaf: str) -> Mapping[str, object]:
    """Return the certificate that a client sees: the server's context shakes hands with one in memory."""
    client = pinned_to(leaf)
    client.verify_flags |= _NO_CHECK_TIME
    inward, outward = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (client.wrap_bio(inward, outward), server.wrap_bio(outward, inward, server_side=True))
    for _ in range(_ROUNDS_MOST):
        if all([_is_done(end) for end in ends]):
            break
    return ends[0].getpeercert() or {}


def pinned_to(leaf: str) -> ssl.SSLContext:
    """Return a client's context that accepts this one certificate, under any name, and no other."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    client.load_verify_locations(cadata=leaf)
    return client


def _is_done(end: ssl.SSLObject) -> bool:
    try:
        end.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True
