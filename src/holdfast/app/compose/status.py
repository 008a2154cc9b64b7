"""Makes the answer of `/api/v1/status` from the status of every part."""

from holdfast import __version__
from holdfast.app import health_api
from holdfast.app.compose.parts import Services
from holdfast.runtime.clock import Clock
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
