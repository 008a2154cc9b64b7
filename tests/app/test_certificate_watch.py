"""A renewed certificate counts once both files are whole; until then that of before does."""

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.conftest import START
from tests.doors import Authority, authority, write_pair

from holdfast.app.certificate_watch import CertificateWatch, opened
from holdfast.runtime import certificates
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.errors import Invalid
from holdfast.runtime.settings import load

FAR = datetime(2036, 1, 1, tzinfo=UTC)


@pytest.fixture
def ca(tmp_path: Path) -> Authority:
    """A CA of the test's own."""
    return authority(tmp_path)


@pytest.fixture
def watch(tmp_path: Path, ca: Authority) -> CertificateWatch:
    """A watch over a pair that lasts."""
    files = write_pair(tmp_path, ca, "first.example", not_before=START, not_after=FAR)
    found = certificates.read(files)
    assert found is not None
    return CertificateWatch(files, found, ManualClock(START))


def test_a_renewed_pair_is_used_once_it_is_settled(
    tmp_path: Path, ca: Authority, watch: CertificateWatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The second look at the same new files takes them; one that sees nothing new takes nothing."""
    caplog.set_level(logging.INFO)
    assert [watch.look(), watch.look()] == [False, False]
    write_pair(tmp_path, ca, "second.example", not_before=START, not_after=FAR)
    assert [watch.look(), watch.look(), watch.look()] == [False, True, False]
    assert watch.current.names == ("second.example",)
    assert caplog.messages == ["a new certificate is used: second.example, until 2036-01-01"]


@pytest.mark.parametrize("first", ["certificate", "key"])
def test_half_of_a_pair_changes_nothing(
    tmp_path: Path,
    ca: Authority,
    watch: CertificateWatch,
    caplog: pytest.LogCaptureFixture,
    first: str,
) -> None:
    """Whichever file is written first, the old pair stays and one line names the file and what to do."""
    files = watch._files
    assert files.certificate is not None
    assert files.key is not None
    before = {path: path.read_bytes() for path in (files.certificate, files.key)}
    write_pair(tmp_path, ca, "second.example", not_before=START, not_after=FAR)
    late = files.key if first == "certificate" else files.certificate
    late_text = late.read_bytes()
    late.write_bytes(before[late])
    assert [watch.look() for _ in range(5)] == [False] * 5
    assert watch.current.names == ("first.example",)
    [line] = caplog.messages
    assert line.startswith(
        f"--tls-key {files.key} does not belong to the certificate in {files.certificate}: give"
    )
    assert line.endswith("until then the certificate of before is used")
    late.write_bytes(late_text)
    assert [watch.look(), watch.look()] == [False, True]
    assert watch.current.names == ("second.example",)


def test_files_that_vanish_or_break_change_nothing(
    tmp_path: Path, ca: Authority, watch: CertificateWatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A deleted, cut off or unreadable file is one line, and the old certificate stays until it is whole."""
    assert watch._files.key is not None
    key = watch._files.key.read_bytes()
    for broken in (None, b"", key[:40], key[: len(key) // 2]):
        if broken is None:
            watch._files.key.unlink()
        else:
            watch._files.key.write_bytes(broken)
        assert [watch.look() for _ in range(3)] == [False] * 3
    assert len(caplog.messages) == 4
    assert all(str(watch._files.key) in line for line in caplog.messages)
    assert key.splitlines()[1].decode() not in caplog.text
    watch._files.key.write_bytes(key)
    assert [watch.look(), watch.look()] == [False, False], "the same pair as before is no new one"
    assert watch.current.names == ("first.example",)
    write_pair(tmp_path, ca, "third.example", not_before=START, not_after=FAR)
    assert [watch.look(), watch.look()] == [False, True]


def test_links_that_move_are_followed(tmp_path: Path, ca: Authority) -> None:
    """Secrets of Kubernetes are links to a directory that is exchanged as a whole."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write_pair(tmp_path / name, ca, f"{name}.example", not_before=START, not_after=FAR)
    now = tmp_path / "now"
    now.symlink_to("one")
    files = certificates.CertificateFiles(now / "server.pem", now / "server.key")
    found = certificates.read(files)
    assert found is not None
    watch = CertificateWatch(files, found, ManualClock(START))
    (tmp_path / "next").symlink_to("two")
    (tmp_path / "next").rename(now)
    assert [watch.look(), watch.look()] == [False, True]
    assert watch.current.names == ("two.example",)


@pytest.mark.parametrize(
    ("days", "said"), [(-1, "has expired on"), (13, "expires in 13 days, on"), (15, None)]
)
def test_an_end_that_is_near_is_said_at_the_start(
    tmp_path: Path, ca: Authority, caplog: pytest.LogCaptureFixture, days: int, said: str | None
) -> None:
    """An expired certificate, or one that is soon, is a warning with its file; one that lasts is none."""
    end = START + timedelta(days=days)
    files = write_pair(tmp_path, ca, not_before=START - timedelta(days=40), not_after=end)
    settings = load(data=tmp_path / "data", tls_certificate=files.certificate, tls_key=files.key)
    assert opened(settings, ManualClock(START)) is not None
    assert len(caplog.messages) == (said is not None)
    assert said is None or f"the certificate {files.certificate} {said} {end:%Y-%m-%d}" in caplog.text


@pytest.mark.parametrize("place", ["spool", "warehouse/store", "tmp"])
def test_a_key_where_backups_are_made_of_is_refused(tmp_path: Path, ca: Authority, place: str) -> None:
    """Below what backups pack, or a start empties, no key is taken, not by a link either."""
    (tmp_path / place).mkdir(parents=True)
    files = write_pair(tmp_path / place, ca)
    assert files.key is not None
    (tmp_path / "link.key").symlink_to(files.key)
    for key in (files.key, tmp_path / "link.key"):
        settings = load(data=tmp_path, tls_certificate=files.certificate, tls_key=key)
        with pytest.raises(Invalid, match="move the key elsewhere"):
            opened(settings, ManualClock(START))


def test_settings_without_a_certificate_open_none_and_half_of_them_is_refused(tmp_path: Path) -> None:
    """No setting is plain HTTP; one of the two is wrong use."""
    assert opened(load(data=tmp_path), ManualClock(START)) is None
    with pytest.raises(Invalid, match="HOLDFAST_TLS_KEY"):
        opened(load(data=tmp_path, tls_certificate=tmp_path / "server.pem"), ManualClock(START))
