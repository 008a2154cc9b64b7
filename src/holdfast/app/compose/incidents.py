"""Makes incidents, which open and resolve with the alerts of objectives."""

from holdfast.app.engines import Engines
from holdfast.incidents.service import IncidentsService
from holdfast.objectives.service import ObjectivesService
from holdfast.runtime.clock import Clock


def incidents(engines: Engines, clock: Clock, objectives: ObjectivesService) -> IncidentsService:
    """Make the incidents' service, and subscribe it to every alert."""
    made = IncidentsService(engines.database, clock, objectives)
    objectives.on_transition(made.on_alert)
    return made
