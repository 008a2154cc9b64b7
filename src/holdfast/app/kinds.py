"""Every kind of document of the catalog: each package's kinds, listed here and nowhere else."""

from holdfast.catalog.kinds import Kinds
from holdfast.catalog.openslo.kinds import OPENSLO_KINDS
from holdfast.oncall.documents.people import TEAM, USER
from holdfast.oncall.documents.policies import ESCALATION_POLICY
from holdfast.oncall.documents.schedules import ROTATION, SCHEDULE

KINDS = Kinds((*OPENSLO_KINDS, USER, ROTATION, SCHEDULE, TEAM, ESCALATION_POLICY))
"""A package that defines kinds adds them here."""
