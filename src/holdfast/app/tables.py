"""Lists every module that owns tables, so that migrations and tests see the whole state database."""

from sqlalchemy import Table

from holdfast.catalog import store as catalog
from holdfast.changes import store as changes
from holdfast.incidents import store as incidents
from holdfast.objectives import store as objectives
from holdfast.oncall import store as oncall
from holdfast.oncall.pages import links as page_links
from holdfast.oncall.pages import store as pages
from holdfast.runtime import access, agenda, journal, replies
from holdfast.runtime.database import metadata
from holdfast.telemetry.services import version_store as service_versions
from holdfast.views import store as views

__all__ = ["metadata", "owned"]

OWNERS = (
    access,
    agenda,
    journal,
    replies,
    catalog,
    changes,
    views,
    service_versions,
    objectives,
    oncall,
    pages,
    page_links,
    incidents,
)


def owned() -> list[Table]:
    """Return the tables of Holdfast; `metadata` may have tables of a test as well."""
    found = {
        id(value): value for owner in OWNERS for value in vars(owner).values() if isinstance(value, Table)
    }
    return [table for table in metadata.sorted_tables if id(table) in found]
