"""Parts: the processes of the shop. Each is forked, watched, and stopped by the same few lines.

A part has a session of its own, so a Ctrl-C in the terminal reaches only the supervisor, which then
stops the parts in order. The kernel ends a part together with its parent, even on `kill -9`.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from bazaar.errors import PartDiedError

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15
_LAST_LINES = 8
_POLL_SECONDS = 0.02
_INHERITED_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Part:
    """One running process of ours and its log."""

    name: str
    pid: int
    log: Path

    def last_lines(self) -> str:
        """The end of its log, indented."""
        lines = self.log.read_text(errors="replace").splitlines()[-_LAST_LINES:]
        return "\n".join(f"  {line}" for line in lines)

    def ended(self) -> str | None:
        """How it ended, in words; None while it runs. Collects the dead process."""
        try:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
        except ChildProcessError:
            return "is gone"
        return _described(status) if pid else None

    def must_live(self) -> None:
        """Raise if it ended."""
        how = self.ended()
        if how is not None:
            raise PartDiedError(self.name, how, self.log, self.last_lines())


def fork(name: str, log: Path, body: Callable[[], object], *, death_signal: int = signal.SIGKILL) -> Part:
    """Run `body` in a process of its own; it may replace itself with another program."""
    sys.stdout.flush()
    sys.stderr.flush()
    parent = os.getpid()
    words = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o644)
    pid = os.fork()
    if pid == 0:
        _become(name, words, parent, body, death_signal)
    os.close(words)
    return Part(name, pid, log)


def program(*command: str | Path, environment: dict[str, str] | None = None) -> Callable[[], NoReturn]:
    """A body that becomes another program."""

    def body() -> NoReturn:
        os.execve(command[0], [str(word) for word in command], {**os.environ, **(environment or {})})

    return body


def stop(parts: Iterable[Part], *, how: int = signal.SIGTERM, patience_seconds: float = 5.0) -> None:
    """Ask all of them to stop; kill those that do not."""
    alive = [part for part in parts if part.ended() is None]
    for part in alive:
        _signal(part, how)
        os.kill(part.pid, signal.SIGCONT)  # a frozen one must thaw to get the signal
    deadline = time.monotonic() + patience_seconds
    while alive and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
        alive = [part for part in alive if part.ended() is None]
    for part in alive:
        _signal(part, signal.SIGKILL)
        os.waitpid(part.pid, 0)


def die_with_parent(parent: int, death_signal: int = signal.SIGKILL) -> None:
    """Ask the kernel to end this process when its parent ends. Must be repeated after a change of user."""
    _prctl(_PR_SET_PDEATHSIG, death_signal)
    if os.getppid() != parent:  # it ended before we asked
        os._exit(1)


def _prctl(option: int, value: int | bytes) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _become(name: str, words: int, parent: int, body: Callable[[], object], death_signal: int) -> NoReturn:
    """The child's side of the fork. Never returns into the parent's code."""
    status = 1
    try:
        os.setsid()
        die_with_parent(parent, death_signal)
        _prctl(_PR_SET_NAME, name.encode())  # what ps and top show, cut at 15 bytes
        for number in _INHERITED_SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        _speak_into(words)
        body()
        status = 0
    except BaseException:  # noqa: BLE001 - the edge of the process: all that is left is to say why
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _speak_into(words: int) -> None:
    for number in (1, 2):
        os.dup2(words, number)
    # Python's output goes here now, whether it went to a terminal or a test's buffer before the fork.
    sys.stdout = sys.stderr = os.fdopen(1, "w", buffering=1, closefd=False)


def _signal(part: Part, number: int) -> None:
    # The leader gets the polite signal and stops its own children; SIGKILL goes to the whole group.
    if number == signal.SIGKILL:
        os.killpg(part.pid, number)
    else:
        os.kill(part.pid, number)


def _described(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended by itself with exit code {code}"
