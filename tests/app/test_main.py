"""The command: exit statuses, one sentence for an error, and never a traceback."""

import subprocess
import sys
from pathlib import Path

import pytest

from holdfast.app import main
from holdfast.runtime.errors import Conflict, Forbidden, HoldfastError, Invalid, Problem, Unavailable


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Run the command in this process and return its exit status."""
    monkeypatch.setattr(sys, "argv", ["holdfast", *arguments])
    with pytest.raises(SystemExit) as left:
        main.main()
    return int(left.value.code or 0)


def failing(monkeypatch: pytest.MonkeyPatch, error: Exception) -> int:
    """Run a command that fails with `error`."""

    def fail() -> None:
        raise error

    monkeypatch.setattr(main, "version", fail)
    monkeypatch.setattr(fail, "__name__", "version", raising=False)
    return run(monkeypatch, "version")


def test_the_version_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`holdfast version` prints one line and is fine."""
    assert run(monkeypatch, "version") == 0
    assert capsys.readouterr().out.startswith("holdfast ")


@pytest.mark.parametrize(
    "arguments",
    [
        ("versoin",),
        ("backup", "verfy"),
        ("backup", "restore"),
        ("access", "token", "create"),
        ("serve", "--prot", "1"),
    ],
)
def test_wrong_use_is_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    """Unknown commands, missing options and misspelt ones are wrong use, told on stderr."""
    assert run(monkeypatch, *arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Traceback" not in captured.err


@pytest.mark.parametrize(
    ("error", "status"),
    [(Conflict("no"), 1), (Invalid("no"), 2), (Forbidden("no"), 3), (Unavailable("no"), 3)],
)
def test_an_error_is_its_sentence_and_its_status(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: HoldfastError, status: int
) -> None:
    """Each error leaves with the exit status written beside it."""
    assert failing(monkeypatch, error) == status
    assert capsys.readouterr().err == "holdfast: no\n"


def test_all_problems_are_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """An error with several broken rules tells each on a line of its own."""
    problems = tuple(Problem(name, "", "", f"{name} is wrong") for name in ("a", "b"))
    failing(monkeypatch, Invalid("a is wrong (and 1 more)", problems=problems))
    assert capsys.readouterr().err.splitlines() == ["holdfast: a is wrong (and 1 more)", "  b is wrong"]


def test_a_bug_shows_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What nobody foresaw is one sentence and exit 3."""
    assert failing(monkeypatch, ZeroDivisionError("division by zero")) == 3
    told = capsys.readouterr().err
    assert "ZeroDivisionError" in told
    assert "Traceback" not in told


def test_a_noun_imports_only_its_own_part() -> None:
    """Asking for a listing does not load engines: that would take longer than the answer."""
    program = (
        "import sys; from holdfast.app.main import command_line; command_line(['change', 'ls'])\n"
        "print([name for name in ('chdb', 'fastapi', 'sqlalchemy', 'grpc') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_tokens_are_made_listed_and_revoked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The secret alone goes to stdout, once; the list never shows it; a revoked token says so."""
    data = ("--data", str(tmp_path / "data"))
    assert run(monkeypatch, "access", "token", "create", "--role", "admin", "--name", "ada", *data) == 0
    secret = capsys.readouterr().out.strip()
    assert secret.startswith("hf_admin_")
    assert run(monkeypatch, "access", "token", "create", "--role", "viewer", "--name", "ada", *data) == 1
    assert run(monkeypatch, "access", "token", "revoke", "ada", *data) == 0
    assert run(monkeypatch, "access", "token", "revoke", "ada", *data) == 2
    capsys.readouterr()
    assert run(monkeypatch, "access", "token", "ls", *data) == 0
    listed = capsys.readouterr().out
    assert "ada" in listed
    assert secret not in listed


def test_nobody_answers(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A command without a server is exit 3 and says how to start one."""
    assert run(monkeypatch, "change", "ls", "--url", "http://127.0.0.1:9") == 3
    assert "holdfast serve" in capsys.readouterr().err
