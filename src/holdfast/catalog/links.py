"""The runbook and other links of a document, from its annotations. Pure."""

import re
from collections.abc import Mapping

from holdfast.catalog import shapes
from holdfast.catalog.metadata import Metadata
from holdfast.catalog.model import Link
from holdfast.catalog.problems import Report, Rule, clipped
from holdfast.catalog.shapes import Shape

RUNBOOK, LINKS = "runbook", "links"
LINKS_MOST, NAME_CHARACTERS, ADDRESS_CHARACTERS = 10, 40, 500
_ADDRESS = re.compile(r"https://[^\s/?#,<>\"]+\.[^\s,<>\"]+")

_EXAMPLE = "Dashboard https://example.com/d/1"

LINK_ANNOTATIONS: Mapping[str, Shape] = {
    RUNBOOK: shapes.text("The https address of its runbook.", most=ADDRESS_CHARACTERS),
    LINKS: shapes.text("Other pages about it: a name and an https address each, separated by commas."),
}


def read_runbook(metadata: Metadata, report: Report) -> str | None:
    """Return the address of the runbook; one that is no https address is refused."""
    address = metadata.annotation(RUNBOOK)
    if address is None or _is_address(address):
        return address
    message = "write an https address, such as https://wiki.example.com/runbooks/checkout"
    metadata.refuse_annotation(report, RUNBOOK, Rule.WRONG_FORMAT, message)
    return None


def read_links(metadata: Metadata, report: Report) -> tuple[Link, ...]:
    """Return the other links, in their order; those that cannot be read are refused."""
    text = metadata.annotation(LINKS)
    if text is None:
        return ()
    parts = [part.strip() for part in text.split(",")]
    if len(parts) > LINKS_MOST:
        message = f"{len(parts)} links; write at most {LINKS_MOST}"
        metadata.refuse_annotation(report, LINKS, Rule.OUT_OF_RANGE, message)
        return ()
    found = []
    for part in parts:
        name, _, address = part.rpartition(" ")
        if 0 < len(name.strip()) <= NAME_CHARACTERS and _is_address(address):
            found.append(Link(name.strip(), address))
            continue
        message = f'"{clipped(part)}": write a name and an https address, such as {_EXAMPLE}'
        metadata.refuse_annotation(report, LINKS, Rule.WRONG_FORMAT, message)
    return tuple(found)


def _is_address(text: str) -> bool:
    return len(text) <= ADDRESS_CHARACTERS and _ADDRESS.fullmatch(text) is not None
