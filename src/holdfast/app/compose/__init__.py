"""The composition root: every part is made here, once, and gets its dependencies. Nothing starts by itself.

One module makes the parts of one package; `services` joins them, from the lowest layer up.
"""

from holdfast.app.backup.service import BackupService
from holdfast.app.backup.snapshot import Subject
from holdfast.app.compose import agenda, incidents, intake, objectives, oncall, reading
from holdfast.app.compose.parts import Services
from holdfast.app.compose.status import look
from holdfast.app.compose.web import api_routers, app
from holdfast.app.engines import Engines
from holdfast.app.kinds import KINDS
from holdfast.app.news import NewsLimits, NewsStream
from holdfast.catalog.service import CatalogService
from holdfast.catalog.watch import CatalogWatch
from holdfast.changes.service import Changes
from holdfast.runtime.access import Access
from holdfast.runtime.clock import Clock
from holdfast.runtime.replies import Replies
from holdfast.runtime.settings import Settings
from holdfast.views.service import Views

__all__ = ["Services", "api_routers", "app", "put_on_agenda", "services"]


def services(settings: Settings, clock: Clock, engines: Engines) -> Services:
    """Make every service over the opened engines."""
    access, replies = Access(engines.database, clock), Replies(engines.database, clock)
    called = reading.names(engines, clock, lambda: catalog.current())
    senders = reading.senders(engines, clock, called)
    catalog = CatalogService(engines.database, clock, KINDS, directory=settings.catalog, senders=senders)
    gate = intake.gate(settings, clock, access)
    received = intake.intake(settings, clock, engines, gate)
    complete_until = intake.spans_complete_until(received)
    judged = objectives.objectives(engines, clock, catalog, complete_until, senders, called)
    on_call = oncall.oncall(settings, clock, engines, catalog)
    opened = incidents.incidents(engines, clock, catalog, judged, on_call.pager)
    joiner = reading.joiner(engines, clock, complete_until)
    silent = reading.silences(engines, clock, called, complete_until)
    listed = reading.services(engines, clock, catalog, judged, called, silent, joiner)
    filled = reading.saturation(engines, listed, called)
    measured = reading.metrics(engines, clock, intake.metrics_stored_through(received), called)
    changes = Changes(engines.database, clock, called.called)
    versions = reading.versions(engines, clock, complete_until, changes, called, silent)
    made = Services(
        access=access,
        replies=replies,
        changes=changes,
        views=Views(engines.database, clock),
        catalog=catalog,
        catalog_watch=CatalogWatch(catalog, clock),
        selectors=intake.selectors(engines, clock, catalog, received),
        names=intake.names(engines, clock, catalog, received),
        gate=gate,
        intake=received,
        telemetry=listed,
        versions=versions,
        spread=reading.spread(engines, listed, called, filled),
        saturation=filled,
        traces=reading.traces(engines, clock, judged, called),
        metrics=measured,
        sampling=reading.sampling(engines, clock, measured),
        map=reading.service_map(engines, clock, catalog, judged, joiner, called, listed.silences),
        joiner=joiner,
        logs=reading.logs(engines, clock, called),
        objectives=judged,
        oncall=on_call,
        incidents=opened,
        agenda=agenda.agenda(engines, clock, replies, judged, opened, joiner, versions),
        backup=BackupService(
            Subject(settings.data, engines.database, engines.asked, is_remote=not engines.is_embedded), clock
        ),
        news=NewsStream(lambda: look(made, engines.database, settings, clock), clock, NewsLimits()),
    )
    return made


def put_on_agenda(engines: Engines, clock: Clock, made: Services) -> None:
    """Enter the recurring tasks; existing ones keep their schedule."""
    agenda.put_on_agenda(engines, clock, made.objectives, made.joiner, made.versions)
