"""Makes the answer of `/api/v1/status` from the status of every part, and what the news say of it."""

from holdfast import __version__
from holdfast.app import health_api
from holdfast.app.compose.parts import Services
from holdfast.app.news import Look
from holdfast.runtime import journal
from holdfast.runtime.clock import Clock
from holdfast.runtime.database import Database
from holdfast.runtime.places import shown
from holdfast.runtime.settings import Settings
from holdfast.runtime.timerange import iso
from holdfast.telemetry.intake.watermark import complete_until


def status(made: Services, settings: Settings, clock: Clock) -> health_api.StatusBody:
    """Return the answer of `/api/v1/status`."""
    intake, catalog = made.intake.status(), made.catalog.current()
    places = made.telemetry.places()
    return health_api.StatusBody(
        platform=settings.platform,
        version=__version__,
        now=iso(clock.now()),
        complete_until=iso(complete_until(made.intake.inserted_through())),
        environments=[shown(one) for one in places.environments],
        namespaces=[shown(one) for one in places.namespaces],
        regions=list(places.regions),
        zones=list(places.zones),
        catalog_revision=catalog.revision,
        intake=health_api.IntakeBody(
            spans_per_second=intake.spans_per_second,
            points_per_second=intake.points_per_second,
            logs_per_second=intake.logs_per_second,
            lag_seconds=intake.lag_seconds,
            spool_bytes=intake.spool_bytes,
            spool_limit_bytes=intake.spool_limit_bytes,
            rejected_total=intake.rejected_total,
            rejected=dict(intake.rejected),
            refused=dict(intake.refused),
            repeated=dict(intake.repeated),
            remarked=dict(intake.remarked),
            turned_away=intake.turned_away,
            state=intake.state,
            detail=intake.detail,
        ),
        capped_names=[health_api.capped_body(one) for one in made.names.capped],
        open_incidents=made.incidents.active_count(),
        firing_alerts=made.objectives.firing_count(),
        objectives_total=len(catalog.objectives),
    )


def look(made: Services, database: Database, settings: Settings, clock: Clock) -> Look:
    """Return the server at this moment, as the news report it."""
    shown_now = status(made, settings, clock)
    with database.read() as tx:
        recorded = journal.newest_id(tx)
    return Look(
        recorded=recorded,
        received=sum(made.intake.status().accepted.values()),
        status=shown_now.model_dump_json(),
        urgent=(
            shown_now.open_incidents,
            shown_now.firing_alerts,
            shown_now.catalog_revision,
            shown_now.intake.state,
        ),
    )
