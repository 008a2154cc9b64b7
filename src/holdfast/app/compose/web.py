"""Makes the application that answers on the page's port: every package's endpoints behind one edge."""

from fastapi import APIRouter, FastAPI

from holdfast.app import health_api, http_app, news_api, session_api
from holdfast.app.backup import api as backup_api
from holdfast.app.compose.parts import Services
from holdfast.app.compose.status import status
from holdfast.app.page_files import PageFiles
from holdfast.app.readiness import Readiness
from holdfast.catalog import api as catalog_api
from holdfast.changes import api as changes_api
from holdfast.incidents import api as incidents_api
from holdfast.incidents.paging import concern_of
from holdfast.objectives import api as objectives_api
from holdfast.oncall import api as oncall_api
from holdfast.oncall import contacts_api
from holdfast.oncall.pages import answer_api
from holdfast.oncall.pages import api as pages_api
from holdfast.oncall.routing import Concern
from holdfast.runtime.clock import Clock
from holdfast.runtime.edge import EdgeRules
from holdfast.runtime.errors import NotFound
from holdfast.runtime.proxies import Proxies
from holdfast.runtime.settings import Settings
from holdfast.telemetry.logs import api as logs_api
from holdfast.telemetry.metrics import api as metrics_api
from holdfast.telemetry.sampling import api as sampling_api
from holdfast.telemetry.saturation import api as saturation_api
from holdfast.telemetry.servicemap import api as map_api
from holdfast.telemetry.services import api as services_api
from holdfast.telemetry.spread import api as spread_api
from holdfast.telemetry.traces import api as traces_api
from holdfast.views import api as views_api


def app(made: Services, readiness: Readiness, page: PageFiles, settings: Settings, clock: Clock) -> FastAPI:
    """Return the application that answers on the page's port."""
    return http_app.build(
        api_routers(made, settings, clock),
        root_routers=[health_api.probes_router(readiness), answer_api.router(made.oncall.pages)],
        page=page,
        access=made.access,
        replies=made.replies,
        rules=EdgeRules(allowed_hosts=_allowed_hosts(settings), proxies=Proxies(settings.trusted_proxies)),
        listens_beyond_loopback=settings.listens_beyond_loopback,
    )


def api_routers(made: Services, settings: Settings, clock: Clock) -> list[APIRouter]:
    """Return the routers under `/api/v1`."""
    return [
        health_api.status_router(lambda: status(made, settings, clock)),
        news_api.router(made.news),
        session_api.router(made.access, listens_beyond_loopback=settings.listens_beyond_loopback),
        catalog_api.router(made.catalog),
        services_api.router(made.telemetry),
        spread_api.router(made.spread),
        saturation_api.router(made.saturation),
        traces_api.router(made.traces),
        metrics_api.router(made.metrics),
        sampling_api.router(made.sampling),
        map_api.router(made.map),
        logs_api.router(made.logs),
        objectives_api.router(made.objectives),
        oncall_api.router(made.oncall.schedules, clock),
        contacts_api.router(made.oncall.verification),
        pages_api.router(made.oncall.pages, lambda name: _concern(made, name), clock),
        incidents_api.router(made.incidents),
        changes_api.router(made.changes, clock),
        views_api.router(made.views),
        backup_api.router(made.backup, clock),
    ]


def _concern(made: Services, objective: str) -> Concern:
    catalog = made.catalog.current()
    if catalog.objective(objective) is None:
        raise NotFound(f"there is no objective {objective!r}", value=objective)
    return concern_of(catalog, objective)


def _allowed_hosts(settings: Settings) -> frozenset[str]:
    # Beyond loopback nobody is let in without a token, which a foreign page does not have.
    beyond = settings.listens_beyond_loopback and not settings.allowed_hosts
    return frozenset({"*"}) if beyond else settings.allowed_hosts
