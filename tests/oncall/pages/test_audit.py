"""The auditor: work past its time, pages nobody answered, and people who cannot be reached."""

from datetime import timedelta

from tests.oncall.pages.conftest import Tower

from holdfast.oncall.pages.audit import Auditor
from holdfast.runtime.database import Database


def auditor(tower: Tower) -> Auditor:
    """Return the auditor of a tower."""
    return Auditor(tower.database, lambda: tower.catalog, tower.agenda)


def findings(tower: Tower) -> list[str]:
    """Return what the auditor finds now."""
    return auditor(tower).findings()


def test_nothing_is_wrong(tower: Tower) -> None:
    """While pages are sent and answered."""
    tower.page()
    tower.passes(minutes=1)
    assert findings(tower) == []


def test_a_step_that_nobody_takes_is_found(tower: Tower) -> None:
    """A minute after its time, from the rows alone."""
    tower.page()
    tower.clock.advance(timedelta(seconds=59))
    assert findings(tower) == []
    tower.clock.advance(timedelta(seconds=1))
    assert findings(tower) == ["oncall.escalate of 1 has been due for 60 s"]


def test_a_page_nobody_answered_is_found(tower: Tower) -> None:
    """Until it is over."""
    tower.page()
    tower.passes(minutes=45)
    assert findings(tower) == ["nobody answered page 1, Orders failing"]
    with tower.database.write() as tx:
        tower.pager.resolve(tx, "incident/7", tower.clock.now())
    assert findings(tower) == []


def test_people_without_a_verified_contact_are_found(tower: Tower, database: Database) -> None:
    """By their names; that is nothing that is wrong with the server."""
    assert auditor(tower).unreached() == ""
    with database.write() as tx:
        tx.exec_driver_sql("DELETE FROM oncall_contacts WHERE person <> 'first'")
    assert auditor(tower).unreached() == "lead, second have no verified contact and cannot be paged"
    assert findings(tower) == []
