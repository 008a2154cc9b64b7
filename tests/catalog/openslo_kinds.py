"""The kinds of OpenSLO alone, whatever other packages bring."""

from holdfast.catalog.kinds import Kinds
from holdfast.catalog.openslo.kinds import OPENSLO_KINDS

KINDS = Kinds(OPENSLO_KINDS)
