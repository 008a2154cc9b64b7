"""Saves, lists and removes the views of a person: nobody sees or changes those of another."""

from holdfast.runtime import journal
from holdfast.runtime.clock import Clock
from holdfast.runtime.database import Database, Writer
from holdfast.runtime.errors import Conflict, NotFound
from holdfast.views import store
from holdfast.views.model import VIEWS_MOST, View, checked


class Views:
    """The views of everybody; lives as long as the process."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def list(self, owner: str, *, after: str = "", limit: int = VIEWS_MOST) -> list[View]:
        """Return the views of a person, by name, beginning after a name."""
        with self._database.read() as tx:
            return store.of(tx, owner, after=after, limit=limit)

    def save(self, owner: str, name: str, *, address: str, is_pinned: bool) -> View:
        """Save a view under a name; another of the same name gives way."""
        now = self._clock.now()
        view = checked(View(name=name, address=address, is_pinned=is_pinned, saved_at=now))
        with self._database.write() as tx:
            store.keep_apart(tx)
            if store.others(tx, owner, name) >= VIEWS_MOST:
                raise _full(name)
            store.put(tx, owner, view)
            self._note(tx, "view.saved", owner, f"Saved the view “{name}”")
        return view

    def remove(self, owner: str, name: str) -> None:
        """Remove a view of a person."""
        with self._database.write() as tx:
            if store.remove(tx, owner, name) == 0:
                raise NotFound(f"{owner} has no view “{name}”", value=name)
            self._note(tx, "view.removed", owner, f"Removed the view “{name}”")

    def _note(self, tx: Writer, kind: str, owner: str, summary: str) -> None:
        journal.append(tx, journal.Entry(self._clock.now(), kind, owner, f"views/{owner}", summary))


def _full(name: str) -> Conflict:
    return Conflict(
        f"there are {VIEWS_MOST} views already, so “{name}” was not saved; remove one first",
        value=name,
        rule=f"at most {VIEWS_MOST} views of one person",
    )
