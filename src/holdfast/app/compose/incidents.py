"""Makes incidents, which open and resolve with the alerts of objectives."""

from holdfast.app.engines import Engines
from holdfast.catalog.service import CatalogService
from holdfast.incidents.paging import Paging
from holdfast.incidents.service import IncidentsService
from holdfast.objectives.service import ObjectivesService
from holdfast.oncall.pages.pager import Pager
from holdfast.runtime.clock import Clock


def incidents(
    engines: Engines, clock: Clock, catalog: CatalogService, objectives: ObjectivesService, pager: Pager
) -> IncidentsService:
    """Make the incidents' service, and subscribe it to every alert and every answered page."""
    made = IncidentsService(engines.database, clock, objectives, Paging(pager, catalog.current))
    objectives.on_transition(made.on_alert)
    pager.on_answer(made)
    return made
