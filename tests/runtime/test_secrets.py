"""Secrets by name: from the environment or one directory, and from nowhere else."""

from pathlib import Path

import pytest

from holdfast.runtime.errors import Unavailable
from holdfast.runtime.secrets import LONGEST_BYTES, Secrets


def test_the_environment_comes_first(tmp_path: Path) -> None:
    """Then the directory; then there is none."""
    (tmp_path / "mail-server").write_text("from a file\n")
    secrets = Secrets({"HOLDFAST_SECRET_MAIL_SERVER": "from the environment"}, tmp_path)
    assert secrets.find("mail-server") == "from the environment"
    assert Secrets({}, tmp_path).find("mail-server") == "from a file"
    assert Secrets({}, tmp_path).find("other") is None
    assert Secrets({}).find("mail-server") is None


@pytest.mark.parametrize("name", ["..", "../x", "a/b", "/etc/passwd", "", "A", "-a", "a" * 64, "a\x00"])
def test_a_name_is_no_path(tmp_path: Path, name: str) -> None:
    """Nothing outside of the directory is read."""
    assert Secrets({}, tmp_path).find(name) is None


def test_links_are_refused(tmp_path: Path) -> None:
    """A link could lead anywhere."""
    (tmp_path / "real").write_text("x")
    (tmp_path / "linked").symlink_to(tmp_path / "real")
    with pytest.raises(Unavailable):
        Secrets({}, tmp_path).find("linked")


def test_a_directory_is_no_secret(tmp_path: Path) -> None:
    """Nor is a pipe, which would wait for ever."""
    (tmp_path / "sub").mkdir()
    with pytest.raises(Unavailable, match="no ordinary file"):
        Secrets({}, tmp_path).find("sub")


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    """A binary file is a mistake, which is named."""
    (tmp_path / "key").write_bytes(b"\xff\xfe")
    with pytest.raises(Unavailable, match="not UTF-8"):
        Secrets({}, tmp_path).find("key")


@pytest.mark.parametrize("extra", [0, 1])
def test_the_longest_secret(tmp_path: Path, extra: int) -> None:
    """Sixteen kibibytes are read, one more is refused."""
    (tmp_path / "long").write_text("x" * (LONGEST_BYTES + extra))
    secrets = Secrets({}, tmp_path)
    if extra:
        with pytest.raises(Unavailable):
            secrets.find("long")
    else:
        assert secrets.find("long") == "x" * LONGEST_BYTES
