"""Temporary files are in memory only where nobody chose a place and there is room to run what is written."""

import os
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests import scratch


@pytest.fixture
def nobody_chose(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Nobody chose a place, and this directory stands for memory."""
    for name in ("TMPDIR", "PYTEST_DEBUG_TEMPROOT"):
        monkeypatch.setenv(name, "somewhere")
        monkeypatch.delenv(name)
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(scratch, "IN_MEMORY", tmp_path)
    return tmp_path


def _holds(monkeypatch: pytest.MonkeyPatch, size_bytes: int, *, flags: int = 0) -> None:
    found = SimpleNamespace(f_flag=flags, f_bavail=size_bytes, f_frsize=1)
    monkeypatch.setattr(os, "statvfs", lambda _place: found)


def test_files_go_where_there_is_room(nobody_chose: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This process and those it starts put their temporary files there."""
    _holds(monkeypatch, scratch.ROOM_BYTES)
    scratch.in_memory()
    assert os.environ["TMPDIR"] == tempfile.gettempdir() == str(nobody_chose)


@pytest.mark.parametrize(("size_bytes", "flags"), [(scratch.ROOM_BYTES - 1, 0), (2**40, os.ST_NOEXEC)])
def test_files_stay_where_there_is_too_little(
    nobody_chose: Path, monkeypatch: pytest.MonkeyPatch, size_bytes: int, flags: int
) -> None:
    """A container's small memory, or one that runs no programs, is left alone."""
    _holds(monkeypatch, size_bytes, flags=flags)
    scratch.in_memory()
    assert "TMPDIR" not in os.environ


def test_a_chosen_place_is_kept(nobody_chose: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who says where files belong is obeyed."""
    _holds(monkeypatch, 2**40)
    monkeypatch.setenv("TMPDIR", "/chosen")
    scratch.in_memory()
    assert os.environ["TMPDIR"] == "/chosen"
    assert nobody_chose.is_dir()
