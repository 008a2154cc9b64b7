"""Reading a certificate: what is sound is described, and every problem of every file is found at once."""

import re
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from tests.doors import Authority, authority, write_pair

from holdfast.runtime import certificates
from holdfast.runtime.certificates import CertificateFiles
from holdfast.runtime.errors import Invalid

END = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A CA for the tests of this module."""
    return authority(tmp_path_factory.mktemp("ca"))


def problems(files: CertificateFiles) -> list[str]:
    """Return the sentences with which the files are refused."""
    with pytest.raises(Invalid) as caught:
        certificates.read(files)
    assert caught.value.exit_status == 2
    return [one.message for one in caught.value.problems]


def test_a_sound_pair_is_described(tmp_path: Path, ca: Authority) -> None:
    """Names and end are those of the leaf, and nothing that is printed of it holds the key or its text."""
    files = write_pair(tmp_path, ca, "holdfast.example", "10.0.0.7", not_after=END)
    found = certificates.read(files)
    assert found is not None
    assert (set(found.names), found.not_after) == ({"holdfast.example", "10.0.0.7"}, END)
    assert found.days_left(END - timedelta(days=3)) == 3
    assert found.days_left(END + timedelta(days=1)) == -1
    assert "PRIVATE" not in repr(found)
    assert "CERTIFICATE" not in repr(found)


def test_an_expired_certificate_is_read(tmp_path: Path, ca: Authority) -> None:
    """A server with an expired certificate starts and says so: it would be worse off without its page."""
    now = datetime.now(UTC)
    files = write_pair(tmp_path, ca, not_before=now - timedelta(days=9), not_after=now - timedelta(days=2))
    found = certificates.read(files)
    assert found is not None
    assert -2.1 < found.days_left(now) < -1.9


def test_none_is_none() -> None:
    """Without a setting there is no certificate and no problem."""
    assert certificates.read(CertificateFiles(None, None)) is None


@pytest.mark.parametrize(
    ("certificate", "key", "client_ca"),
    [one for one in product([False, True], repeat=3) if any(one) and not all(one[:2])],
)
def test_half_of_the_settings_is_refused(
    tmp_path: Path, ca: Authority, *, certificate: bool, key: bool, client_ca: bool
) -> None:
    """Certificate and key need each other, a client CA needs both: each missing one is named as it is set."""
    whole = write_pair(tmp_path, ca, client_ca=ca.file)
    files = CertificateFiles(
        whole.certificate if certificate else None,
        whole.key if key else None,
        whole.client_ca if client_ca else None,
    )
    found = problems(files)
    for is_given, setting in ((certificate, "TLS_CERTIFICATE"), (key, "TLS_KEY")):
        assert any(f"HOLDFAST_{setting}" in one for one in found) is not is_given


def test_every_broken_file_is_named_at_once(tmp_path: Path) -> None:
    """Three wrong files are three sentences, each with its setting, its file and what is wrong."""
    empty, words = tmp_path / "empty", tmp_path / "words"
    empty.touch()
    words.write_text("no key")
    first, second, third = problems(CertificateFiles(tmp_path / "nowhere", words, empty))
    assert re.match(r"--tls-certificate \S+/nowhere cannot be read \(No such file or directory\)", first)
    assert re.match(r"--tls-key \S+/words holds no private key in PEM", second)
    assert re.match(r"--otlp-client-ca \S+/empty holds no CA certificate in PEM", third)
    assert re.match(
        r"--tls-key \S+ cannot be read \(Is a directory\)", problems(CertificateFiles(words, tmp_path))[1]
    )


@pytest.mark.parametrize("kind", [trustme.KeyType.ECDSA, trustme.KeyType.RSA])
def test_a_key_of_another_certificate_is_refused(
    tmp_path: Path, ca: Authority, kind: trustme.KeyType
) -> None:
    """For any kind of key the sentence names both files and nothing of what is in them."""
    files = write_pair(tmp_path, ca)
    other = ca.ca.issue_cert("localhost", key_type=kind).private_key_pem.bytes()
    assert files.key is not None
    files.key.write_bytes(other)
    [found] = problems(files)
    assert found == (
        f"--tls-key {files.key} does not belong to the certificate in {files.certificate}: give both files "
        "of one pair"
    )


def test_a_key_with_a_passphrase_is_refused_and_nobody_is_asked(tmp_path: Path, ca: Authority) -> None:
    """A server has nobody at its terminal: both forms of encrypted keys are refused with what to do."""
    files = write_pair(tmp_path, ca)
    assert files.key is not None
    for head in ("BEGIN ENCRYPTED PRIVATE KEY-----", "BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED"):
        files.key.write_text(f"-----{head}\nAAAA\n-----END PRIVATE KEY-----\n")
        [found] = problems(files)
        assert "has a passphrase" in found


@pytest.mark.parametrize("broken", ["certificate", "key", "client_ca"])
def test_text_that_only_looks_like_pem_is_refused(tmp_path: Path, ca: Authority, broken: str) -> None:
    """PEM that is cut off in the middle is one sentence, without a word of its text."""
    files = write_pair(tmp_path, ca, client_ca=tmp_path / "clients.pem")
    (tmp_path / "clients.pem").write_bytes(ca.file.read_bytes())
    path: Path = getattr(files, broken)
    text = path.read_text()
    path.write_text(text[: len(text) // 3])
    found = problems(files)
    assert len(found) == 1
    assert text.splitlines()[1] not in found[0]


def write_own(tmp_path: Path, ca: Authority, key, usage) -> CertificateFiles:
    """Write a certificate of `key` that signs itself, for a usage of its own, over a pair of the CA's."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "own")])
    built = x509.CertificateBuilder(name, name, key.public_key(), 1, END - timedelta(days=9000), END)
    only = x509.ExtendedKeyUsage([usage])
    made = built.add_extension(only, critical=True).sign(key, hashes.SHA256())
    files = write_pair(tmp_path, ca)
    assert files.certificate is not None
    assert files.key is not None
    files.certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    files.key.write_bytes(key.private_bytes(pem, pkcs8, serialization.NoEncryption()))
    return files


def test_a_certificate_that_is_no_servers_is_refused(tmp_path: Path, ca: Authority) -> None:
    """A leaf that clients would refuse for its purpose is refused at the start."""
    files = write_own(tmp_path, ca, ec.generate_private_key(ec.SECP256R1()), ExtendedKeyUsageOID.CLIENT_AUTH)
    [found] = problems(files)
    assert "cannot serve TLS (unsuitable certificate purpose)" in found


def test_a_key_that_is_too_short_is_refused(tmp_path: Path, ca: Authority) -> None:
    """RSA with 1024 bits is refused at the start, by the reason OpenSSL gives for it; 2048 bits are taken."""
    short, enough = (rsa.generate_private_key(65537, bits) for bits in (1024, 2048))
    [found] = problems(write_own(tmp_path, ca, short, ExtendedKeyUsageOID.SERVER_AUTH))
    assert "KEY_TOO_SMALL" in found
    taken = certificates.read(write_own(tmp_path, ca, enough, ExtendedKeyUsageOID.SERVER_AUTH))
    assert taken is not None
    assert taken.names == ()
