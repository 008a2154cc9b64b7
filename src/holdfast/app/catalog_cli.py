"""`holdfast catalog` for every kind of document."""

from holdfast.app.kinds import KINDS
from holdfast.catalog.cli import commands

app = commands(KINDS)
