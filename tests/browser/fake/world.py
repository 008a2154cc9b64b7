"""The invented shop behind the fake API: the same objectives, services and incidents on every run."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from . import shapes_changes

Json = dict[str, Any]

TEAMS = {
    "checkout": ("1", "payments"),
    "cart": ("1", "storefront"),
    "search": ("2", "discovery"),
    "inventory": ("1", "supply"),
    "catalog": ("2", "discovery"),
    "payment": ("1", "payments"),
    "gateway": ("1", "platform"),
}
WINDOWS = {"5m": 300, "30m": 1800, "1h": 3600, "2h": 7200, "6h": 21600, "1d": 86400, "3d": 259200}
TIERS = (
    ("page 2% 1h/5m", "page", 0.02, "1h", "5m", 13.44),
    ("page 5% 6h/30m", "page", 0.05, "6h", "30m", 5.6),
    ("ticket 10% 1d/2h", "ticket", 0.1, "1d", "2h", 2.8),
    ("ticket 10% 3d/6h", "ticket", 0.1, "3d", "6h", 0.93),
)

SCENARIOS = (
    "burning",
    "healthy",
    "empty",
    "error",
    "many",
    "platform",
    "huge",
    "slow",
    "token",
    "viewer",
    "places",
    "late",
    "mesh",
    "zone",
)
"""What a fake server may be asked to be."""


@dataclass(frozen=True, slots=True)
class Promise:
    """One invented objective: what it promises, how it fares, and its burn over 1 h, 6 h and 3 d."""

    name: str
    display_name: str
    service: str
    events: str
    target: float
    state: str
    spent_ratio: float
    burn: tuple[float, float, float]
    total: int = 1_095_021

    @property
    def burn_state(self) -> str:
        """What its alerts say now; an exhausted objective may be quiet."""
        if self.state == "exhausted":
            return "burning" if self.burn[0] >= 1 else "quiet"
        return self.state if self.state.startswith("burning") else "quiet"


HEALTHY = (
    Promise(
        "checkout-orders-succeed", "Orders succeed", "checkout", "orders", 0.999, "ok", 0.31, (0.3, 0.4, 0.4)
    ),
    Promise(
        "checkout-latency", "Orders within 800 ms", "checkout", "orders", 0.99, "ok", 0.35, (0.4, 0.4, 0.5)
    ),
    Promise(
        "shopper-journey",
        "Shopper journey, browse to paid",
        "checkout",
        "journeys",
        0.985,
        "ok",
        0.42,
        (0.5, 0.6, 0.5),
    ),
    Promise("cart-answers", "Cart answers", "cart", "requests", 0.9995, "ok", 0.38, (0.2, 0.4, 0.5)),
    Promise("cart-latency", "Cart within 200 ms", "cart", "requests", 0.99, "ok", 0.41, (0.3, 0.5, 0.6)),
    Promise(
        "search-latency", "Results within 300 ms", "search", "searches", 0.97, "ok", 0.6, (0.9, 0.8, 0.8)
    ),
    Promise("search-results", "Results not empty", "search", "searches", 0.99, "ok", 0.4, (0.1, 0.3, 0.4)),
    Promise(
        "stock-fresh", "Stock reads fresh (< 5 s)", "inventory", "reads", 0.995, "ok", 0.2, (0.2, 0.2, 0.3)
    ),
    Promise(
        "reservations",
        "Reservations succeed",
        "inventory",
        "reservations",
        0.999,
        "ok",
        0.47,
        (0.6, 0.5, 0.5),
    ),
    Promise("product-page", "Product page answers", "catalog", "views", 0.999, "ok", 0.4, (0.4, 0.5, 0.4)),
    Promise(
        "product-page-latency",
        "Product page within 250 ms",
        "catalog",
        "views",
        0.98,
        "ok",
        0.55,
        (1.0, 0.7, 0.6),
    ),
)
BURNING = {
    "checkout-orders-succeed": ("exhausted", 1.58, (31.0, 18.0, 4.2)),
    "checkout-latency": ("burning", 0.89, (14.9, 8.1, 2.2)),
    "shopper-journey": ("burning_slowly", 0.73, (1.4, 2.9, 1.6)),
    "stock-fresh": ("no_data", 0.2, (0.0, 0.0, 0.3)),
    "search-results": ("exhausted", 1.72, (0.0, 0.1, 0.1)),
}
OBJECTIVES = {"many": 200, "platform": 500, "huge": 10_000}
"""How many objectives the scenarios of size have."""

RANK = {"exhausted": 0, "burning": 1, "burning_slowly": 2, "no_data": 3, "ok": 4}


def title_of(promise: Promise) -> str:
    """Return the title of an incident, as the server writes it: the effect on what the objective counts."""
    return f"{promise.events.capitalize()} {'slow' if 'latency' in promise.name else 'failing'}"


def worst(promises: list[Promise]) -> Json:
    """Return the states of the worst objective, as services and nodes show them."""
    ranked = sorted(promises, key=lambda one: (one.burn_state == "quiet", RANK[one.state]))
    first = ranked[0] if ranked else None
    return {
        "objectives": len(promises),
        "worst_state": first.state if first else None,
        "worst_burn_state": first.burn_state if first else None,
    }


def iso(moment: datetime) -> str:
    """Write a moment the way the API does."""
    return moment.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")


def promises(scenario: str) -> list[Promise]:
    """Return the objectives of a scenario, worst first."""
    if scenario in {"empty", "starting"}:
        return []
    chosen = [worsen(promise) if scenario != "healthy" else promise for promise in HEALTHY]
    if scenario in OBJECTIVES:
        chosen += [generated(index) for index in range(OBJECTIVES[scenario] - len(chosen))]
    return sorted(chosen, key=lambda promise: (RANK[promise.state], -promise.spent_ratio))


def worsen(promise: Promise) -> Promise:
    """Give an objective its bad day, where it has one."""
    if promise.name not in BURNING:
        return promise
    state, spent, burn = BURNING[promise.name]
    return Promise(
        promise.name,
        promise.display_name,
        promise.service,
        promise.events,
        promise.target,
        state,
        spent,
        burn,
    )


def generated(index: int) -> Promise:
    """Make the objective of a numbered service; one in forty burns slowly."""
    chance = random.Random(index)
    slow = index % 40 == 7
    noun = chance.choice(("Answers", "Latency", "Freshness", "Completeness"))
    service = f"service-{index // 4:04d}"
    burn = tuple(round(chance.uniform(1.2, 3) if slow else chance.uniform(0.1, 0.9), 1) for _ in range(3))
    return Promise(
        f"{service}-{noun.lower()}-{index % 4}",
        f"{noun} of {service}, path {index % 4 + 1}",
        service,
        "requests",
        chance.choice((0.99, 0.995, 0.999)),
        "burning_slowly" if slow else "ok",
        round(chance.uniform(0.6, 0.8) if slow else chance.uniform(0.1, 0.6), 3),
        (burn[0], burn[1], burn[2]),
        total=chance.randrange(20_000, 2_000_000),
    )


@dataclass(slots=True)
class World:
    """Everything the fake server knows; tests change it while the page looks on."""

    scenario: str
    now: datetime
    role: str = "editor"
    signed_in: bool = True
    failing: bool = False
    environments: tuple[str, ...] = ("production",)
    regions: tuple[str, ...] = ("eu-west-1",)
    promises: list[Promise] = field(default_factory=list)
    incidents: dict[int, Json] = field(default_factory=dict)
    changes: list[Json] = field(default_factory=list)
    posted_keys: list[str] = field(default_factory=list)
    views: dict[str, Json] = field(default_factory=dict)
    written: list[Json] = field(default_factory=list)
    staff: list[Any] = field(default_factory=list)
    newcomers: bool = False
    streams_news: bool = False
    recorded: int = 1
    received: int = 0

    def __post_init__(self) -> None:
        """Fill in what the scenario starts with."""
        self.promises = promises(self.scenario)
        self.signed_in = self.scenario != "token"
        if self.scenario == "places":
            self.environments = ("production", "staging", "default")
            self.regions = ("eu-west-1", "us-east-1")
        if self.scenario == "empty":
            return
        self.changes = shapes_changes.first(self.at)
        if self.scenario != "healthy":
            self.open_incident("checkout-latency", 318, minutes_ago=34)
            self.open_incident("checkout-orders-succeed", 317, minutes_ago=51)
            self.join(317, "shopper-journey")
            self.acknowledge(317, "payments-primary")
            self.open_incident("shopper-journey", 319, minutes_ago=20)
            self.merge(319, into=317)
        self.open_incident("cart-answers", 305, minutes_ago=60 * 24 * 17)
        self.resolve(305, "storefront-primary", "Cache warmed again")

    def at(self, minutes_ago: float) -> str:
        """Return the moment so many minutes ago."""
        return iso(self.now - timedelta(minutes=minutes_ago))

    def promise(self, name: str) -> Promise | None:
        """Find an objective by name."""
        return next((promise for promise in self.promises if promise.name == name), None)

    def burn(self, name: str) -> None:
        """Make an objective burn from now on, with an incident: what a page must notice without a reload."""
        self.promises = [
            Promise(p.name, p.display_name, p.service, p.events, p.target, "burning", 0.81, (16.2, 6.4, 1.2))
            if p.name == name
            else p
            for p in self.promises
        ]
        self.promises.sort(key=lambda promise: RANK[promise.state])
        self.open_incident(name, max(self.incidents, default=305) + 1, minutes_ago=0)

    def open_incident(self, name: str, number: int, *, minutes_ago: float) -> None:
        """Open an incident for an objective."""
        promise = self.promise(name)
        if promise is None:
            return
        self.incidents[number] = {
            "id": number,
            "title": title_of(promise),
            "state": "open",
            "severity": "page",
            "objective": name,
            "objective_display_name": promise.display_name,
            "service": promise.service,
            "environment": None,
            "namespace": None,
            "events": promise.events,
            "opened_at": self.at(minutes_ago),
            "onset_at": self.at(minutes_ago + 12),
            "acknowledged_at": None,
            "acknowledged_by": None,
            "resolved_at": None,
            "resolved_by": None,
            "bad_events": 412,
            "total_events": 24_310,
            "duration_seconds": (minutes_ago + 12) * 60,
            **dict.fromkeys(("merged_into", "moved_to", "now_failing")),
            "cause": {"party": "payment", "environment": "", "words": "payment v2.31 · 504"},
            "timeline": [],
        }
        self.incidents[number]["objectives"] = [self.part_of(number, promise)]
        opened = f"Opened from “{promise.display_name}”"
        self.tell(number, "change.deploy", "ci", "payment v2.31 rollout started at 10%", minutes_ago + 28)
        self.tell(number, "change.deploy", "ci", "payment v2.31 rollout 10% → 60%", minutes_ago + 12)
        self.tell(
            number,
            "alert.fired",
            "objectives",
            "Over the 1-hour page threshold (14.9× against 13.4×; 15× over the last 5 minutes)",
            minutes_ago,
        )
        self.tell(number, "incident.opened", "alert", opened, minutes_ago)
        covered = "Also over the 3-day ticket threshold (2.2× against 0.93×); covered by the page alert"
        self.tell(number, "alert.inhibited", "objectives", covered, max(0, minutes_ago - 2))
        self.tell(
            number,
            "incident.note",
            "payments-primary",
            "Provider timeouts only on v2.31: new client has no keep-alive",
            max(0, minutes_ago - 7),
        )

    def part_of(self, number: int, promise: Promise, reason: str = "") -> Json:
        """Return an objective of an incident, as it opened or joined it."""
        incident = self.incidents[number]
        same = ("service", "environment", "namespace", "onset_at", "resolved_at", "total_events", "cause")
        return {name: incident[name] for name in same} | {
            "id": number * 10 + len(incident.get("objectives", ())),
            "objective": promise.name,
            "objective_display_name": promise.display_name,
            "title": title_of(promise),
            "events": promise.events,
            "bad_events": incident["bad_events"],
            "fired_at": incident["opened_at"],
            "joined_at": incident["opened_at"],
            "reason_code": "same_cause" if reason else "first",
            "reason": reason,
            "merged_from": None,
            "parties": ["payment"],
            "evidence": None,
            "suspects": [],
        }

    def join(self, number: int, name: str) -> None:
        """Let an objective join an incident that fails at the same party."""
        promise = self.promise(name)
        if promise is None:
            return
        why = "joined because both fail at payment"
        self.incidents[number]["objectives"].append(self.part_of(number, promise, why))
        self.tell(number, "incident.joined", "alert", f"{promise.display_name}: {why}", 40)

    def merge(self, newer: int, into: int) -> None:
        """Make an incident part of an older one."""
        self.resolve(newer, "alert", None)
        self.incidents[newer]["merged_into"] = into
        why = f"merged from incident {newer} because both fail at payment"
        parts = [one | {"reason": why, "merged_from": newer} for one in self.incidents[newer]["objectives"]]
        self.incidents[into]["objectives"] += parts
        words = f"Incident {newer} merged into incident {into}: both fail at payment"
        self.tell(into, "incident.merged", "alert", words, 30)

    def tell(
        self, number: int, kind: str, actor: str, summary: str, minutes_ago: float, **data: object
    ) -> None:
        """Put a line on top of an incident's timeline."""
        timeline = self.incidents[number]["timeline"]
        entry = {
            "id": number * 100 + len(timeline),
            "at": self.at(minutes_ago),
            "kind": kind,
            "actor": actor,
            "summary": summary,
            "data": data,
        }
        timeline.insert(0, entry)

    def acknowledge(self, number: int, actor: str) -> None:
        """Record who took an incident."""
        self.incidents[number] |= {
            "state": "acknowledged",
            "acknowledged_at": self.at(0),
            "acknowledged_by": actor,
        }
        self.tell(number, "incident.acknowledged", actor, f"Acknowledged by {actor}", 0)

    def resolve(self, number: int, actor: str, note: str | None) -> None:
        """Record that an incident is over."""
        self.incidents[number] |= {"state": "resolved", "resolved_at": self.at(0), "resolved_by": actor}
        self.tell(
            number, "incident.resolved", actor, f"Resolved by {actor}" + (f": {note}" if note else ""), 0
        )
