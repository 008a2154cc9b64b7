"""The faults that can be switched on while the shop runs. Pure values.

A fault sets dials, which our own processes read, and Envoy runtime keys, which the mesh reads, and does deeds
to the shop's parts. A fix sets all of them back; nothing restarts either way.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Dial(StrEnum):
    """A number that running processes follow."""

    PROVIDER_DELAY_SECONDS = "provider.delay_seconds"
    PROVIDER_ERROR_SHARE = "provider.error_share"
    CHECKOUT_DELAY_SECONDS = "checkout.delay_seconds"
    LETTER_DELAY_SECONDS = "letter.delay_seconds"
    CACHE_DELAY_SECONDS = "cache.delay_seconds"
    CART_LEAK_BYTES = "cart.leak_bytes"
    INVENTORY_HOLD_SECONDS = "inventory.hold_seconds"
    SEARCH_CPU_SECONDS = "search.cpu_seconds"
    SALE_FACTOR = "sale.factor"


class Deed(StrEnum):
    """Something done to the shop's parts."""

    EMPTY_CACHE = "empty the cache"
    LOSE_ZONE = "lose a zone"


LOST_ZONE = "zone-b"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong, described for a person; `deploys` is the service and version it brings."""

    name: str
    sentence: str
    burns: tuple[str, ...]
    dials: dict[Dial, float] = field(default_factory=dict)
    runtime: dict[str, int] = field(default_factory=dict)
    deeds: tuple[Deed, ...] = ()
    deploys: str = ""


class UnknownFaultError(Exception):
    """Nobody defined a fault of that name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no fault {name!r}; there are: {', '.join(FAULTS)}")


def abort_share_key(service: str) -> str:
    """The runtime key: percent of calls to a service that the mesh answers itself."""
    return f"bazaar.fault.{service}.abort_percent"


def abort_status_key(service: str) -> str:
    """The runtime key: the HTTP status of those answers."""
    return f"bazaar.fault.{service}.abort_status"


def delay_share_key(service: str) -> str:
    """The runtime key: percent of calls to a service that the mesh delays."""
    return f"bazaar.fault.{service}.delay_percent"


def delay_length_key(service: str) -> str:
    """The runtime key: for how long, in milliseconds."""
    return f"bazaar.fault.{service}.delay_milliseconds"


def weight_key(service: str, track: str) -> str:
    """The runtime key: how many of a hundred calls to a service go to that version."""
    return f"bazaar.split.{service}.{service}-{track}"


_ALL = (
    Fault(
        name="payment-slow",
        sentence="The payment provider takes 3 s; payment gives up after 1.5 s and the order is lost.",
        burns=("orders-succeed", "charges-succeed"),
        dials={Dial.PROVIDER_DELAY_SECONDS: 3.0},
    ),
    Fault(
        name="payment-errors",
        sentence="The payment provider answers half of all charges with an error; those orders are lost.",
        burns=("orders-succeed", "charges-succeed"),
        dials={Dial.PROVIDER_ERROR_SHARE: 0.5},
    ),
    Fault(
        name="checkout-latency",
        sentence="Checkout takes 1.2 s longer for every order; orders still succeed.",
        burns=("orders-within-800ms",),
        dials={Dial.CHECKOUT_DELAY_SECONDS: 1.2},
    ),
    Fault(
        name="catalog-errors",
        sentence="The mesh answers 3 of 10 calls to catalog with 503; product pages and carts break.",
        burns=("front-page-answers", "product-page-answers", "cart-answers", "browsing-answers"),
        runtime={abort_share_key("catalog"): 30, abort_status_key("catalog"): 503},
    ),
    Fault(
        name="catalog-n-plus-1",
        sentence=(
            "Version 2.0.0 of catalog is deployed for half of the calls; it asks the database for each"
            " rating of a page in a query of its own, past the cache."
        ),
        burns=("catalog-within-150ms",),
        deploys="catalog 2.0.0",
        runtime={weight_key("catalog", "v1"): 50, weight_key("catalog", "v2"): 50},
    ),
    Fault(
        name="dependency-errors",
        sentence="The mesh answers 4 of 10 calls to pricing with 503; what needs a price breaks.",
        burns=("front-page-answers", "product-page-answers", "browsing-answers", "orders-succeed"),
        runtime={abort_share_key("pricing"): 40, abort_status_key("pricing"): 503},
    ),
    Fault(
        name="cart-leak",
        sentence="Cart keeps 4 MiB of every request, up to 192 MiB, and slows down under the weight.",
        burns=("cart-within-200ms",),
        dials={Dial.CART_LEAK_BYTES: 4 << 20},
    ),
    Fault(
        name="pool-exhaustion",
        sentence="Inventory keeps database connections 2 s too long; soon none is left and it answers 503.",
        burns=("reservations-succeed", "stock-answers", "orders-succeed"),
        dials={Dial.INVENTORY_HOLD_SECONDS: 2.0},
    ),
    Fault(
        name="cache-flush",
        sentence="The cache is emptied and answers 300 ms late; carts and products still come, but slowly.",
        burns=("cart-within-200ms", "catalog-within-150ms", "product-page-within-250ms"),
        dials={Dial.CACHE_DELAY_SECONDS: 0.3},
        deeds=(Deed.EMPTY_CACHE,),
    ),
    Fault(
        name="queue-stuck",
        sentence="No letter gets out: each hangs for a second and goes back to the queue, which grows.",
        burns=("confirmations-sent",),
        dials={Dial.LETTER_DELAY_SECONDS: 1.0},
    ),
    Fault(
        name="cpu-hog",
        sentence="Search burns 0.35 s of processor time for every search, and answers nobody meanwhile.",
        burns=("search-within-300ms",),
        dials={Dial.SEARCH_CPU_SECONDS: 0.35},
    ),
    Fault(
        name="zone-lost",
        sentence="All replicas in zone-b fall silent; calls to them hang until the mesh notices, 15 s later.",
        burns=("door-answers",),
        deeds=(Deed.LOSE_ZONE,),
    ),
    Fault(
        name="flash-sale",
        sentence="Three times the shoppers come; the payment provider takes no more charges than agreed.",
        burns=("orders-succeed", "charges-succeed"),
        dials={Dial.SALE_FACTOR: 3.0},
    ),
)

FAULTS: dict[str, Fault] = {fault.name: fault for fault in _ALL}


def fault_named(name: str) -> Fault:
    """Return the fault of that name; raise an error that lists the known names."""
    if name not in FAULTS:
        raise UnknownFaultError(name)
    return FAULTS[name]


def resting_runtime() -> dict[str, int]:
    """Every runtime key any fault touches, at rest: no share of the filter, all weight on v1."""
    touched = sorted({key for fault in _ALL for key in fault.runtime})
    shares = {key: 0 for key in touched if key.endswith("_percent")}
    return shares | {key: 100 if key.endswith("-v1") else 0 for key in touched if "split" in key}
