"""Errors form one tree, each explained in a sentence and drawn where its package's errors live.

Why: whoever catches one must know what else they catch, and every error a user can meet needs a status and
an exit status that were chosen, not left over.
"""

import gc
import importlib
import pkgutil
import socket
import sys

import holdfast
from holdfast.runtime.errors import HoldfastError

INSIDE = {"HoldfastError", "SegmentRefused"}
"""The root, and what is raised and caught inside the intake."""


def _tree(kind: type[HoldfastError]) -> list[type[HoldfastError]]:
    return [kind, *(found for sub in kind.__subclasses__() for found in _tree(sub))]


def all_errors() -> list[type[HoldfastError]]:
    """Return every error of the product, the root first."""
    for module in pkgutil.walk_packages(holdfast.__path__, "holdfast."):
        if not module.name.endswith("__main__") and ".migrations" not in module.name:
            importlib.import_module(module.name)
    return [kind for kind in _tree(HoldfastError) if kind.__module__.startswith("holdfast.")]


def test_every_error_is_explained_and_drawn() -> None:
    """Each error has a docstring, and stands in the drawing at the head of its module."""
    assert [kind.__name__ for kind in all_errors() if not kind.__doc__] == []
    assert [kind.__name__ for kind in all_errors() if not _is_drawn(kind)] == []


def test_every_error_has_a_status_of_its_own_choice() -> None:
    """What a user did wrong is 4xx, what is away is 503 and exit 3, and what users never meet is listed."""
    wrong = [
        (kind.__name__, kind.status, kind.exit_status)
        for kind in all_errors()
        if kind.__name__ not in INSIDE and not _is_chosen(kind)
    ]
    assert wrong == []


def _is_drawn(kind: type[HoldfastError]) -> bool:
    return kind.__name__ in (sys.modules[kind.__module__].__doc__ or "")


def test_the_lint_finds_an_error_without_explanation_or_status() -> None:
    """One that only inherits has no docstring, is drawn nowhere, and has chosen no status."""
    silent = type("Silent", (HoldfastError,), {"__module__": __name__})
    try:
        assert silent in _tree(HoldfastError)
        assert (silent.__doc__, _is_drawn(silent), _is_chosen(silent)) == (None, False, False)
    finally:
        del silent
        gc.collect()


def _is_chosen(kind: type[HoldfastError]) -> bool:
    if kind.status == 503:
        return kind.exit_status == 3
    return 400 <= kind.status < 500 and kind.exit_status in (1, 2, 3)


def test_importing_everything_opens_no_connection(monkeypatch) -> None:
    """Constructors and modules do no work: importing the whole product opens no socket."""

    def refuse(*_arguments: object) -> None:
        raise AssertionError("a module opened a connection when it was imported")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert len(all_errors()) > 5
