"""A process that a test starts finds compiled what the one before it compiled."""

import os
import sys
from pathlib import Path

import pytest
from tests import bytecode


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A machine set to keep no bytecode, and put back afterwards."""
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", "")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    return monkeypatch


def test_bytecode_is_kept_where_it_would_be_thrown_away(machine: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """On a machine that keeps none, this process and those it starts keep it in the given directory."""
    bytecode.kept_in(tmp_path)
    kept = (os.environ["PYTHONDONTWRITEBYTECODE"], os.environ["PYTHONPYCACHEPREFIX"])
    assert kept == ("", str(tmp_path))
    assert (sys.dont_write_bytecode, sys.pycache_prefix) == (False, str(tmp_path))


def test_bytecode_stays_where_python_keeps_it(machine: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """On a machine that keeps it, nothing changes."""
    machine.setattr(sys, "dont_write_bytecode", False)
    bytecode.kept_in(tmp_path)
    assert os.environ["PYTHONPYCACHEPREFIX"] == ""
    assert sys.pycache_prefix is None
