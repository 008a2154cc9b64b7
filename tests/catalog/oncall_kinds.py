"""Two kinds as a package above the catalog would bring them: who is on duty, and whom to page in turn."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from holdfast.catalog import shapes
from holdfast.catalog.effects import worded
from holdfast.catalog.kinds import HOLDFAST, Body, Checked, Kind, Kinds
from holdfast.catalog.model import NOWHERE, Service, SourceLocation
from holdfast.catalog.openslo.kinds import OPENSLO_KINDS
from holdfast.catalog.openslo.services import SERVICE


class OncallRule(StrEnum):
    """What documents about duty can break."""

    NOBODY_NEXT = "nobody-next"
    NO_POLICY = "no-policy"


@dataclass(frozen=True)
class Rotation:
    """People who take turns."""

    name: str
    members: tuple[str, ...]
    origin: SourceLocation = field(default=NOWHERE, compare=False)


@dataclass(frozen=True)
class Escalation:
    """Whom to page for some services, and whose turn it is after them."""

    name: str
    services: tuple[Service, ...]
    rotation: Rotation
    then: str | None


def _read_rotation(body: Body) -> Rotation | None:
    members = body.spec.texts("members", required=True)
    return Rotation(body.metadata.name, members, body.origin) if members else None


def _rotation_differences(before: Rotation, after: Rotation) -> Iterator[str]:
    joined, left = set(after.members) - set(before.members), set(before.members) - set(after.members)
    if joined:
        yield f"{', '.join(sorted(joined))} takes turns too"
    if left:
        yield f"{', '.join(sorted(left))} takes no turns any more"


def _read_escalation(body: Body) -> Escalation | None:
    rotation = body.find(ROTATION, body.spec, "rotationRef", required=True)
    services = body.find_each(SERVICE, body.spec, "services", required=True)
    then = body.spec.text("then")
    return Escalation(body.metadata.name, services, rotation, then) if rotation else None


def _check_turns(documents: Sequence[Checked[Escalation]]) -> None:
    covered = {service.name for one in documents for service in one.value.services}
    for one in documents[:1]:
        bare = [service.name for service in one.body.every(SERVICE) if service.name not in covered]
        if bare:
            message = f"nobody is paged for {', '.join(bare)}"
            one.body.spec.warning(OncallRule.NO_POLICY, "services", message)
    for one in documents:
        following = one.find_other(ESCALATION, one.body.spec, "then")
        if following is not None and following.then == one.value.name:
            message = f'"{following.name}" comes back to this one, so nobody else is ever paged; name another'
            one.body.spec.error(OncallRule.NOBODY_NEXT, "then", message)


ROTATION: Kind[Rotation] = Kind(
    "Rotation",
    api_version=HOLDFAST,
    summary="People who take turns.",
    read=_read_rotation,
    spec=shapes.mapping({"members": shapes.one_or_more(shapes.text())}, required=("members",)),
    effects=worded(
        "rotation",
        added=lambda one: f"{', '.join(one.members)} take turns from now on",
        changed=_rotation_differences,
        removed=lambda _: "nobody takes turns any more",
    ),
)

ESCALATION: Kind[Escalation] = Kind(
    "EscalationPolicy",
    api_version=HOLDFAST,
    summary="Whom to page, in turn.",
    read=_read_escalation,
    refers_to=(ROTATION, SERVICE),
    rules=tuple(OncallRule),
    check=_check_turns,
    spec=shapes.mapping(
        {
            "rotationRef": shapes.reference(ROTATION.name),
            "services": shapes.one_or_more(shapes.reference(SERVICE.name)),
            "then": shapes.reference("EscalationPolicy"),
        },
        required=("rotationRef", "services"),
    ),
)

# The one that refers comes first: the order of reading is worked out, not written down.
KINDS = Kinds((ESCALATION, *OPENSLO_KINDS, ROTATION))

ROTA = """\
apiVersion: holdfast.dev/v1
kind: Rotation
metadata: {name: payments}
spec:
  members: [ada, grace]
"""
POLICY = """\
apiVersion: holdfast.dev/v1
kind: EscalationPolicy
metadata: {name: checkout}
spec:
  rotationRef: payments
  services:
    - checkout
"""
