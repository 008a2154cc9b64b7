"""Commands for a second terminal beside a running demo, whole, to be pasted as they are."""

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

DEFAULT_CONTROL_PORT = 7071
SCRIPT = "holdfast"


def typed(*words: str, control_port: int, started_as: Sequence[str] | None = None) -> str:
    """Return the command `holdfast demo WORDS` for a shop on this port, in a shell's own quoting.

    Another terminal has neither this one's directory nor its PATH and HOLDFAST_CONTROL_PORT, so the program
    is given with its whole path, and a port that is not the usual one by its option.

    Args:
        words: what follows `holdfast demo`.
        control_port: the port the shop is controlled on.
        started_as: how this process was started, `sys.argv` unless given.
    """
    port = [] if control_port == DEFAULT_CONTROL_PORT else ["--control-port", str(control_port)]
    return shlex.join([*_program(sys.argv if started_as is None else started_as), "demo", *words, *port])


def _program(started_as: Sequence[str]) -> list[str]:
    script = Path(started_as[0]).absolute()
    # `python -m holdfast`, or another program that uses the package, leaves no script to call.
    return [str(script)] if script.name == SCRIPT else [sys.executable, "-m", "holdfast"]
