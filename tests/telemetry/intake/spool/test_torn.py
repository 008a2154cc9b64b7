"""After a crash: what was torn was never acknowledged and is cut off, what is damaged is named."""

import pytest
from tests.telemetry.intake.spool_rig import HOME, LIMITS, Rig, body

from holdfast.telemetry.intake.inserter import Inserter
from holdfast.telemetry.intake.spool.digests import digest
from holdfast.telemetry.intake.spool.records import framed
from holdfast.telemetry.intake.spool.segment_names import read_name
from holdfast.telemetry.intake.spool.spool import Spool
from holdfast.telemetry.model import Signal


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.9])
@pytest.mark.parametrize("zeros", [False, True])
def test_a_torn_tail_is_no_alarm(clock, kept, zeros):
    """What a loss of power leaves of a group that was never synced is cut off; nothing is set aside."""
    rig = Rig(clock)
    first, second = body(1), body(2)
    rig.spool.append(Signal.TRACES, first)
    rig.spool.commit()
    (path,) = [path for path in rig.disk.files if path.suffix == ".open"]
    frame = b"".join(framed(read_name(path.name), second, digest(second)))
    tail = frame[: int(len(frame) * kept)]
    rig.disk.files[path].content.extend(bytes(len(tail)) if zeros else tail)
    _restart(rig)
    assert rig.warehouse.span_names() == ["1"]
    assert str(rig.spool.refused()) == ""


@pytest.mark.parametrize("of", ["the last", "one before others"])
def test_a_whole_record_that_is_broken_is_an_alarm(clock, of):
    """A record that is there to its end and does not match may have been acknowledged: it is named."""
    rig = Rig(clock)
    for number in (1, 2):
        rig.spool.append(Signal.TRACES, body(number))
    rig.spool.commit()
    (path,) = [path for path in rig.disk.files if path.suffix == ".open"]
    content = rig.disk.files[path].content
    content[-1 if of == "the last" else len(content) // 2 - 1] ^= 1
    _restart(rig)
    assert rig.warehouse.span_names() == ["1" if of == "the last" else "2"]
    assert "1 segments were damaged on the disk" in str(rig.spool.refused())


@pytest.mark.parametrize("zeros", [False, True])
def test_the_end_of_a_sealed_segment_is_damage(clock, zeros):
    """A sealed segment was synced to its end, so one that is cut off or zeroed there is named."""
    rig = Rig(clock)
    rig.sealed(body(1), body(2))
    (node,) = [node for path, node in rig.disk.files.items() if path.suffix == ".sealed"]
    half = len(node.content) * 3 // 4
    node.content[half:] = bytes(len(node.content) - half) if zeros else b""
    _restart(rig)
    assert rig.warehouse.span_names() == ["1"]
    assert "1 segments were damaged on the disk" in str(rig.spool.refused())


def _restart(rig):
    """Start again on the same disk, and insert what is there."""
    rig.disk.die(power=False)
    rig.spool = Spool(HOME, disk=rig.disk, clock=rig.clock, limits=LIMITS)
    rig.spool.open()
    Inserter(rig.spool, rig.warehouse, rig.clock).drain(rig.clock.monotonic_seconds() + 60)
