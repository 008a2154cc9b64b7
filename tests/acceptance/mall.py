"""Three services that fail at the party that a test names, and their incidents."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from tests.acceptance.stage import PER_TICK, TICK, Stage
from tests.objectives.cases import a_catalog, an_objective
from tests.telemetry.traces.test_attribution import a_call, a_span

from holdfast.incidents.model import FailingParty
from holdfast.telemetry.counting.windows import epoch

SERVICES = ("checkout", "cart", "search")
PAYLINE, STAGING, STORE = (
    FailingParty("payline"),
    FailingParty("payline", "staging"),
    FailingParty("orders-db"),
)
UNKNOWN = FailingParty("")


@dataclass
class Mall(Stage):
    """Three services with an objective each, which fail at the party that the test names."""

    faults: dict[str, FailingParty] = field(default_factory=dict)
    beside: dict[str, FailingParty] = field(default_factory=dict)
    """Where half as many events of a service fail as well."""
    bad_of: dict[str, int] = field(default_factory=dict)
    """How many of the events of ten seconds are bad, if not 40 of 50."""

    def __post_init__(self) -> None:
        """Start with an hour of healthy traffic of each."""
        super().__post_init__()
        start = self.clock.now() - timedelta(hours=1)
        for n in range(360):
            for sli, service in enumerate(SERVICES[1:], start=2):
                self.counts.record(sli, start + n * TICK, good=PER_TICK, service=service)
        self.catalog = a_catalog(
            *(
                an_objective(f"{name}-works", sli=sli, service=name, display_name=f"{name.title()} works")
                for sli, name in enumerate(SERVICES, start=1)
            )
        )

    def _shop(self) -> None:
        for sli, service in enumerate(SERVICES, start=1):
            cause = self.faults.get(service)
            bad = self.bad_of.get(service, 40) if cause is not None else 0
            self.counts.record(sli, self.clock.now(), good=PER_TICK - bad, bad=bad, service=service)
            if cause is not None and cause != UNKNOWN:
                also = [self.beside[service], cause] if service in self.beside else []
                for n, party in enumerate((cause, *also)):
                    self._fail(f"{service}-{n}", service, party)

    def _fail(self, trace: str, service: str, cause: FailingParty) -> None:
        at = epoch(self.clock.now()) * 10**9
        own = {"service": service, "status": "Error", "environment": cause.environment}
        spans = [a_span("a", **own), a_call("b", "a", to=cause.party, **own)]
        self.spans.spans += [replace(one, trace_id=f"{trace}-{at}", start_nanoseconds=at) for one in spans]

    def states(self) -> list[tuple[str, list[str]]]:
        """Return the state of every incident, oldest first, with its objectives."""
        found = reversed(self.get("/incidents")["items"])
        return [(one["state"], [each["service"] for each in one["objectives"]]) for one in found]

    def lines(self, number: int) -> list[str]:
        """Return what the timeline of an incident says, oldest first."""
        return [entry["summary"] for entry in reversed(self.get(f"/incidents/{number}")["timeline"])]

    def objectives(self, number: int) -> list[dict[str, Any]]:
        """Return the objectives of an incident."""
        found: list[dict[str, Any]] = self.get(f"/incidents/{number}")["objectives"]
        return found

    def fails(self, *services: str, at: FailingParty) -> None:
        """Let services fail at a party from now on."""
        self.faults |= dict.fromkeys(services, at)
