"""The kinds of OpenSLO v1, in the order in which a plan lists their documents."""

from typing import Any

from holdfast.catalog.kinds import Kind
from holdfast.catalog.openslo.indicators import SLI
from holdfast.catalog.openslo.policies import CONDITION, NOTIFICATION_TARGET, POLICY
from holdfast.catalog.openslo.services import SERVICE
from holdfast.catalog.openslo.slos import SLO
from holdfast.catalog.openslo.sources import DATA_SOURCE

OPENSLO_KINDS: tuple[Kind[Any], ...] = (
    DATA_SOURCE,
    SERVICE,
    NOTIFICATION_TARGET,
    CONDITION,
    POLICY,
    SLI,
    SLO,
)
