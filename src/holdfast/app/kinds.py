"""Every kind of document of the catalog: each package's kinds, listed here and nowhere else."""

from holdfast.catalog.kinds import Kinds
from holdfast.catalog.openslo.kinds import OPENSLO_KINDS
from holdfast.oncall.documents import ONCALL_KINDS

KINDS = Kinds((*OPENSLO_KINDS, *ONCALL_KINDS))
"""A package that defines kinds adds them here."""
