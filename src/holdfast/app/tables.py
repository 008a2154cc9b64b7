"""Names every module that owns tables, so that migrations and tests see the whole of the state database."""

from holdfast.catalog import store as catalog
from holdfast.incidents import store as incidents
from holdfast.objectives import store as objectives
from holdfast.runtime import access, agenda, journal, replies
from holdfast.runtime.database import metadata

__all__ = ["metadata"]

OWNERS = (access, agenda, journal, replies, catalog, objectives, incidents)
