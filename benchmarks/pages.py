"""Pages: how late a step is taken while many are open and many come, and what waiting costs.

The state is SQLite, the clock that of the machine, and the threads those of a server. 200 policies of people
without a second step in reach are paged for 1,000 things that stay open, and then 50 new pages a second come.
A provider of our own tree takes 20 ms for each message. A step is late by how long after its due time its
messages were planned. Run it as

    python -m benchmarks.pages [--open 1000] [--rate 50] [--seconds 30]
"""

import argparse
import shutil
import tempfile
import threading
import time
from datetime import timedelta
from pathlib import Path

import psutil
from benchmarks.report import figure, heading
from sqlalchemy import select

from holdfast.app.server import PAGE_THREADS
from holdfast.app.tables import metadata  # noqa: F401 - every table, to be created
from holdfast.catalog.model import Catalog, Values
from holdfast.oncall import store
from holdfast.oncall.channels.protocol import Letter
from holdfast.oncall.contacts import Channel, Contact, Reach, Urgency
from holdfast.oncall.escalation import EscalationPolicy, Step, Target, TargetKind
from holdfast.oncall.model import POLICIES, USERS, User
from holdfast.oncall.pages.delivery import ProviderAnswer, ProviderReply
from holdfast.oncall.pages.model import PageFacts
from holdfast.oncall.pages.pager import FACTS_WITHIN, Pager
from holdfast.oncall.pages.sender import MessageSender
from holdfast.oncall.pages.store import oncall_messages, oncall_pages
from holdfast.oncall.routing import Concern
from holdfast.runtime.agenda import Agenda
from holdfast.runtime.clock import SystemClock
from holdfast.runtime.database import Database

POLICIES_OF_ALL, PROVIDER_SECONDS, REST_SECONDS = 200, 0.02, 30
FACTS = PageFacts(title="Orders failing", lines=("12 of 55 orders failed.",))


class Provider:
    """Accepts everything after a while."""

    def send(self, _address: str, _letter: Letter) -> ProviderReply:
        """Accept a letter."""
        time.sleep(PROVIDER_SECONDS)
        return ProviderReply(ProviderAnswer.ACCEPTED, "250 OK")


def main() -> None:
    """Page, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--open", type=int, default=1000)
    parser.add_argument("--rate", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=30)
    options = parser.parse_args()
    directory = Path(tempfile.mkdtemp(prefix="holdfast-bench-"))
    database = Database(f"sqlite:///{directory / 'state.db'}")
    database.create_all()
    try:
        _measure(database, options.open, options.rate, options.seconds)
    finally:
        database.close()
        shutil.rmtree(directory, ignore_errors=True)


def _measure(database: Database, open_pages: int, rate: int, seconds: int) -> None:
    heading(f"{open_pages:,} open pages of {POLICIES_OF_ALL} policies, {rate} new ones a second")
    clock, catalog = SystemClock(), _catalog()
    pager = Pager(database, clock, lambda: catalog, None)
    providers = {Channel.MAIL: Provider()}
    sender = MessageSender(database, clock, lambda: catalog, pager, providers, "http://holdfast.example")
    agenda = Agenda(database, clock, {**pager.handlers, **sender.handlers})
    with database.write() as tx:
        for number in range(POLICIES_OF_ALL):
            store.keep_verified(tx, f"user-{number}", Channel.MAIL, _address(number), clock.now())
    stop = threading.Event()
    threads = [
        threading.Thread(target=agenda.run_forever, args=(stop,), daemon=True) for _ in range(PAGE_THREADS)
    ]
    for one in threads:
        one.start()
    _page(database, pager, "open", open_pages, per_second=rate * 4)
    time.sleep(10)
    figure("a core, while all wait", f"{_core_share(REST_SECONDS):.1%}")
    _page(database, pager, "new", rate * seconds, per_second=rate)
    time.sleep(10)
    late = sorted(_late(database))
    stop.set()
    for one in threads:
        one.join()
    figure("steps taken", f"{len(late):,}")
    figure("late at p50", f"{late[len(late) // 2] * 1000:.0f} ms")
    figure("late at p99", f"{late[int(len(late) * 0.99)] * 1000:.0f} ms")
    figure("latest", f"{late[-1] * 1000:.0f} ms")


def _page(database: Database, pager: Pager, name: str, many: int, *, per_second: int) -> None:
    began = time.monotonic()
    for number in range(many):
        target = (f"policy-{number % POLICIES_OF_ALL}",)
        with database.write() as tx:
            pager.page(tx, f"{name}/{number}", Urgency.HIGH, FACTS, Concern(targets=target))
        time.sleep(max(0.0, began + (number + 1) / per_second - time.monotonic()))


def _late(database: Database) -> list[float]:
    """Return by how many seconds each first step was late."""
    pages, messages = oncall_pages.c, oncall_messages.c
    query = select(pages.opened_at, messages.due_at).join(oncall_messages, messages.page_id == pages.id)
    with database.read() as tx:
        return [(due - opened - FACTS_WITHIN).total_seconds() for opened, due in tx.execute(query)]


def _core_share(seconds: float) -> float:
    process = psutil.Process()
    before = process.cpu_times()
    time.sleep(seconds)
    after = process.cpu_times()
    return (after.user + after.system - before.user - before.system) / seconds


def _catalog() -> Catalog:
    users = tuple(
        User(
            name=f"user-{number}",
            display_name=f"User {number}",
            reach=Reach(contacts=(Contact("mail", Channel.MAIL, _address(number)),)),
        )
        for number in range(POLICIES_OF_ALL)
    )
    policies = tuple(
        EscalationPolicy(
            name=f"policy-{number}",
            display_name=f"Policy {number}",
            steps=(Step(targets=(Target(TargetKind.USER, f"user-{number}"),), wait=timedelta(hours=1)),),
        )
        for number in range(POLICIES_OF_ALL)
    )
    return Catalog(1, (), (), Values().replacing(USERS, users).replacing(POLICIES, policies))


def _address(number: int) -> str:
    return f"user-{number}@shop.example"


if __name__ == "__main__":
    main()
