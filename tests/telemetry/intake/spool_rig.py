"""A spool on a disk in memory with an inserter, and a warehouse that cannot read everything."""

from datetime import timedelta
from pathlib import Path

from tests.telemetry.bodies import RememberingWarehouse, traces
from tests.telemetry.intake.fake_disk import FakeDisk

from holdfast.telemetry.intake.inserter import Inserter
from holdfast.telemetry.intake.limits import IntakeLimits
from holdfast.telemetry.intake.spool.spool import Spool
from holdfast.telemetry.model import Signal

HOME = Path("/spool")
LIMITS = IntakeLimits(free_floor_bytes=0)


class Rig:
    """A spool on a disk in memory, with an inserter."""

    def __init__(self, clock, warehouse=None) -> None:
        self.clock = clock
        self.disk = FakeDisk()
        self.spool = Spool(HOME, disk=self.disk, clock=clock, limits=LIMITS)
        self.spool.open()
        self.warehouse = warehouse or RememberingWarehouse(self.disk.read)
        self.inserter = Inserter(self.spool, self.warehouse, clock)

    def sealed(self, *records, signal=Signal.TRACES) -> None:
        """Seal one segment of these records."""
        for record in records:
            self.spool.append(signal, record)
        self.spool.commit()
        self.clock.advance(timedelta(seconds=10))
        self.spool.queues[signal].seal()


def body(number):
    """Return a distinct record."""
    return traces(1, number, name=str(number)).SerializeToString()


def first_token(rig):
    """Return the token of the oldest segment of traces."""
    return rig.spool.queues[Signal.TRACES].sealed()[0].name.token


class Picky(RememberingWarehouse):
    """Does not take segments with `odd` bytes in them; `error_when_odd` is what it says of those."""

    odd = b"\xc3\x0c"  # a group (wire type 3), which plain forms do not have

    def insert_segment(self, signal, path, token):
        """Refuse segments with odd bytes in them."""
        self.calls.append(token)
        self.check(path)
        super().insert_segment(signal, path, token)

    def read_segment(self, signal, path):
        """Refuse the same segments."""
        self.check(path)
        super().read_segment(signal, path)

    def check(self, path):
        """Raise the error if there are odd bytes at `path`."""
        if self.odd in self._read(path):
            raise self.error_when_odd


def kept(rig, suffix):
    """Return what is set aside under a suffix, by segment."""
    return [bytes(node.content) for path, node in rig.disk.files.items() if path.suffix == suffix]


def picky(clock, error):
    """Return a rig whose warehouse takes no segment with the name "odd" in it."""
    rig = Rig(clock, Picky())
    rig.warehouse._read, rig.warehouse.odd, rig.warehouse.error_when_odd = rig.disk.read, b"odd", error
    return rig
