"""The auditor of pages: what is past its time, who answers nothing, and who could not be reached."""

from collections.abc import Callable

from holdfast.catalog.model import Catalog
from holdfast.oncall.model import USERS
from holdfast.oncall.pages import store
from holdfast.oncall.pages.model import PageState
from holdfast.oncall.roster import Roster
from holdfast.runtime.agenda import Agenda
from holdfast.runtime.database import Database

NAMED_MOST = 5
UNANSWERED_MOST = 100


class Auditor:
    """Looks whenever it is asked; lives as long as the process."""

    def __init__(self, database: Database, catalog: Callable[[], Catalog], agenda: Agenda) -> None:
        self._database = database
        self._catalog = catalog
        self._agenda = agenda

    def findings(self) -> list[str]:
        """Return what is wrong with pages, each in a sentence; nothing while all is well."""
        late = [str(one) for one in self._agenda.laggards()]
        with self._database.read() as tx:
            open_now = store.listed(
                tx,
                states=(PageState.UNANSWERED,),
                reference=None,
                before_id=None,
                limit=UNANSWERED_MOST,
            )
        unanswered = [f"nobody answered page {one.id}, {one.facts.title}" for one in open_now[:NAMED_MOST]]
        return [*late, *unanswered]

    def unreached(self) -> str:
        """Return who could not be paged, in a sentence; empty if everybody could."""
        with self._database.read() as tx:
            roster = Roster(self._catalog(), tx)
            return _unreached([one.name for one in self._catalog().of(USERS) if not roster.verified(one)])


def _unreached(names: list[str]) -> str:
    if not names:
        return ""
    more = f" and {len(names) - NAMED_MOST} more" if len(names) > NAMED_MOST else ""
    have = "has" if len(names) == 1 else "have"
    return f"{', '.join(names[:NAMED_MOST])}{more} {have} no verified contact and cannot be paged"
