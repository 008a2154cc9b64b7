"""The products of the shop, the same sixty on every run. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product


@dataclass(frozen=True, slots=True)
class Product:
    """One product of the shop."""

    id: str
    name: str
    category: str
    price_cents: int


_KINDS = (
    ("kettle", "kitchen", 3_900),
    ("teapot", "kitchen", 2_700),
    ("lamp", "home", 5_400),
    ("blanket", "home", 6_200),
    ("backpack", "outdoors", 8_900),
    ("bottle", "outdoors", 1_900),
    ("notebook", "desk", 1_200),
    ("pen", "desk", 900),
    ("headphones", "sound", 12_900),
    ("speaker", "sound", 9_900),
)
_FINISHES = (("plain", 0), ("blue", 200), ("green", 200), ("oak", 700), ("steel", 900), ("large", 1_500))


def assortment() -> tuple[Product, ...]:
    """Return every product, cheapest finish first."""
    return tuple(
        Product(
            id=f"{kind}-{finish}",
            name=f"{finish.capitalize()} {kind}",
            category=category,
            price_cents=price + extra,
        )
        for (kind, category, price), (finish, extra) in product(_KINDS, _FINISHES)
    )
