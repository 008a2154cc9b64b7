"""An agenda with one handler, for the tests of this folder that ask for it."""

import pytest
from tests.runtime.agenda_rig import Recorder

from holdfast.runtime.agenda import Agenda
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database


@pytest.fixture
def recorder(clock: ManualClock) -> Recorder:
    """A recording handler."""
    return Recorder(clock)


@pytest.fixture
def agenda(database: Database, clock: ManualClock, recorder: Recorder) -> Agenda:
    """An agenda that knows one kind of task."""
    return Agenda(database, clock, {"tick": recorder})
