"""Order lines, as they travel between cart, checkout and inventory. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


class BadRequestError(Exception):
    """The caller sent a value that is not allowed; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Line:
    """A quantity of one product at the price the shopper saw."""

    product_id: str
    quantity: int
    price_cents: int

    def __post_init__(self) -> None:
        if not self.product_id:
            raise BadRequestError("product_id must not be empty")
        if not 1 <= self.quantity <= 99:
            raise BadRequestError(f"quantity must be between 1 and 99, not {self.quantity}")
        if self.price_cents < 0:
            raise BadRequestError(f"price_cents must not be negative, not {self.price_cents}")


def line_from(document: object) -> Line:
    """Read one line from JSON."""
    match document:
        case {"product_id": str(product_id), "quantity": int(quantity), "price_cents": int(price)}:
            return Line(product_id, quantity, price)
    raise BadRequestError(f"a line needs product_id, quantity and price_cents, not {document!r}")


def lines_from(documents: object) -> tuple[Line, ...]:
    """Read lines from JSON."""
    if not isinstance(documents, list):
        raise BadRequestError(f"lines must be a list, not {documents!r}")
    return tuple(line_from(document) for document in documents)


def documents_of(lines: tuple[Line, ...]) -> list[dict[str, Any]]:
    """Write lines as JSON."""
    return [asdict(line) for line in lines]


def total_cents(lines: tuple[Line, ...]) -> int:
    """Return the price of all lines."""
    return sum(line.quantity * line.price_cents for line in lines)


def with_line(lines: tuple[Line, ...], new: Line) -> tuple[Line, ...]:
    """Return the cart after one more line: quantities of the same product add up, the newest price counts."""
    by_product = {line.product_id: line for line in lines}
    before = by_product[new.product_id].quantity if new.product_id in by_product else 0
    quantity = min(before + new.quantity, 99)
    return tuple((by_product | {new.product_id: Line(new.product_id, quantity, new.price_cents)}).values())
