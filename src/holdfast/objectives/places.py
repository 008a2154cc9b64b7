"""The environment and namespace of objectives and of what is stored about them, and lists limited to one.

What names no environment (null) is in each of them: it counts spans from everywhere.
"""

from sqlalchemy import ColumnElement, Table, or_

from holdfast.catalog.model import Objective
from holdfast.telemetry.identity.model import PlaceFilter

PLACE_CHARACTERS = 300


def place_of(objective: Objective) -> PlaceFilter:
    """Return the environment and namespace whose spans an objective counts."""
    return PlaceFilter(objective.sli.total.environment, objective.sli.total.namespace)


def stored_in(table: Table, scope: PlaceFilter) -> list[ColumnElement[bool]]:
    """Return the conditions for rows of a scope, by the table's columns `environment` and `namespace`."""
    limits = (table.c.environment, scope.environment), (table.c.namespace, scope.namespace)
    return [or_(column.is_(None), column == value) for column, value in limits if value is not None]
