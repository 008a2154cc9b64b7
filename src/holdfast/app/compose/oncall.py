"""Makes on-call: who is on call, the pager, the channels it sends through, and the agenda of its own."""

from collections.abc import Mapping
from dataclasses import dataclass

from holdfast.app.engines import Engines
from holdfast.catalog.service import CatalogService
from holdfast.oncall.channels.mail import Mail, MailServer
from holdfast.oncall.channels.outgoing import Resolver, lookup
from holdfast.oncall.channels.protocol import Provider
from holdfast.oncall.channels.webhook import Webhook
from holdfast.oncall.contacts import Channel
from holdfast.oncall.pages.audit import Auditor
from holdfast.oncall.pages.pager import Pager
from holdfast.oncall.pages.sender import MessageSender
from holdfast.oncall.pages.service import PagesService
from holdfast.oncall.service import OncallService
from holdfast.oncall.verification import Verification
from holdfast.runtime.agenda import Agenda
from holdfast.runtime.clock import Clock
from holdfast.runtime.secrets import Secrets
from holdfast.runtime.settings import Settings

MAIL_SECRET, WEBHOOK_SECRET = "mail", "webhook"


@dataclass(frozen=True, slots=True)
class Oncall:
    """Every part of on-call. `agenda` runs pages alone: nothing else may keep one waiting."""

    schedules: OncallService
    pager: Pager
    pages: PagesService
    verification: Verification
    agenda: Agenda
    auditor: Auditor


def oncall(settings: Settings, clock: Clock, engines: Engines, catalog: CatalogService) -> Oncall:
    """Make every part of on-call."""
    database, current = engines.database, catalog.current
    providers = _providers(settings, clock, Secrets(directory=settings.secrets))
    pager = Pager(database, clock, current, settings.oncall_fallback)
    sender = MessageSender(database, clock, current, pager, providers, settings.address)
    agenda = Agenda(database, clock, {**pager.handlers, **sender.handlers})
    return Oncall(
        schedules=OncallService(database, clock, current),
        pager=pager,
        pages=PagesService(database, clock, current, pager),
        verification=Verification(database, clock, current, providers),
        agenda=agenda,
        auditor=Auditor(database, current, agenda),
    )


def _providers(settings: Settings, clock: Clock, secrets: Secrets) -> Mapping[Channel, Provider]:
    found: dict[Channel, Provider] = {}
    if settings.mail_server is not None:
        server = MailServer.at(
            settings.mail_server, sender=settings.mail_from, password=secrets.find(MAIL_SECRET)
        )
        found[Channel.MAIL] = Mail(server, clock)
    signed_with = secrets.find(WEBHOOK_SECRET)
    resolver = Resolver(lookup, is_private_allowed=settings.allow_private)
    found[Channel.WEBHOOK] = Webhook(clock, resolver, secret=signed_with.encode() if signed_with else None)
    return found
