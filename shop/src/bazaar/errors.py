"""Why the shop cannot run, in words for the person who started it.

ShopError              shown as it is, exit 3
├── PortTakenError     somebody else listens where a part of the shop must
├── PartDiedError      a process of the shop ended by itself
├── NotReadyError      a part runs, but did not become ready in time
├── DataInUseError     another shop works in the same directory
└── UnreachableError   no shop answers at the control address
"""

from __future__ import annotations

from pathlib import Path


class ShopError(Exception):
    """Shown as it is, exit 3."""


class PortTakenError(ShopError):
    """Somebody else listens where a part of the shop must."""

    def __init__(self, port: int, needed_for: str, owner: str) -> None:
        super().__init__(
            f"port {port} is taken by {owner}; the shop needs it for {needed_for}.\n"
            f"Stop that program, or start the shop elsewhere with --base-port and --control-port."
        )
        self.port = port


class PartDiedError(ShopError):
    """A process of the shop ended by itself."""

    def __init__(self, part: str, how: str, log: Path, last_lines: str) -> None:
        super().__init__(f"{part} {how}. Its last lines, of {log}:\n{last_lines or '  (it said nothing)'}")
        self.part = part


class NotReadyError(ShopError):
    """A part runs, but did not become ready in time."""

    def __init__(self, part: str, waited_seconds: float, log: Path, last_lines: str) -> None:
        words = f"{part} was not ready after {waited_seconds:g} s. Its last lines, of {log}:"
        super().__init__(f"{words}\n{last_lines or '  (it said nothing)'}")
        self.part = part


class DataInUseError(ShopError):
    """Another shop works in the same directory."""

    def __init__(self, directory: str) -> None:
        super().__init__(
            f"another shop works in {directory}.\nStop it, or give this one its own --data directory."
        )


class UnreachableError(ShopError):
    """No shop answers at the control address."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"no shop answers at {url} ({reason}).\nStart one with `python -m bazaar up`.")
