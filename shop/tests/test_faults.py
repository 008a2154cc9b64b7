"""Everything that can be broken, and how it is fixed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from bazaar.dials import Dials
from bazaar.faults import (
    FAULTS,
    Dial,
    Fault,
    UnknownFaultError,
    fault_named,
    resting_runtime,
    weight_key,
)
from bazaar.layout import VERSIONS, WITH_NEXT_VERSION, Layout
from bazaar.mesh import bootstrap

RELIABILITY = Path(__file__).parents[1] / "reliability"
every_fault = pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)


@every_fault
def test_a_fault_is_described_in_one_sentence(fault: Fault) -> None:
    """A person reads one sentence, and the fault changes something."""
    assert fault.sentence.endswith(".")
    assert "\n" not in fault.sentence
    assert fault.dials or fault.runtime or fault.deeds


@every_fault
def test_a_fault_that_deploys_a_version_says_so(fault: Fault) -> None:
    """Whoever shifts calls to another version names it, in its sentence too; others deploy nothing."""
    shifted = {
        f"{service} {VERSIONS['v2']}"
        for service in WITH_NEXT_VERSION
        if fault.runtime.get(weight_key(service, "v2"), 0) > 0
    }
    assert {fault.deploys} - {""} == shifted
    service, _, version = fault.deploys.partition(" ")
    assert service in fault.sentence
    assert f"ersion {version}" in fault.sentence or not version


@every_fault
def test_a_fault_burns_objectives_that_exist(fault: Fault) -> None:
    """What a fault is said to burn stands in the reliability catalog."""
    documents = [one for file in RELIABILITY.glob("*.yaml") for one in yaml.safe_load_all(file.read_text())]
    assert fault.burns
    assert set(fault.burns) <= {one["metadata"]["name"] for one in documents if one["kind"] == "SLO"}


@every_fault
def test_a_fault_turns_runtime_keys_the_mesh_reads(fault: Fault) -> None:
    """A runtime key nobody reads would break nothing: each stands in the mesh's bootstrap."""
    told = str(bootstrap(Layout(), "zone-a", "http://127.0.0.1:4318"))
    assert all(key in told for key in fault.runtime)


@every_fault
def test_fixing_undoes_all_of_it(fault: Fault) -> None:
    """After rest every dial reads zero, every share is back at zero, and all calls go to v1."""
    dials = Dials()
    for dial, value in fault.dials.items():
        dials.turn(dial, value)
    dials.rest()
    assert all(dials.read(dial) == 0 for dial in Dial)
    rest = resting_runtime()
    assert {key for key in fault.runtime if not key.endswith("_status")} <= set(rest)
    assert all(value == (100 if key.endswith("-v1") else 0) for key, value in rest.items())


def test_an_unknown_fault_is_refused_with_the_known_ones() -> None:
    """A wrong name is answered with the right ones."""
    with pytest.raises(UnknownFaultError, match=r"'payment-slwo'.*payment-slow"):
        fault_named("payment-slwo")


def test_a_lent_page_is_read_by_another_program(python_environment: dict[str, str]) -> None:
    """A program started anew reads the dials from the descriptor it is given."""
    dials = Dials()
    dials.turn(Dial.SALE_FACTOR, 3.0)
    lent = dials.lend()
    reading = f"from bazaar.dials import Dials; print(Dials({lent}).read('{Dial.SALE_FACTOR}'))"
    told = subprocess.run(
        [sys.executable, "-c", reading],
        env=python_environment,
        pass_fds=[lent],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == "3.0"


def test_a_turned_dial_is_seen_across_a_fork() -> None:
    """A process forked before the dial was turned reads the new value."""
    dials = Dials()
    turned_read, turned_write = os.pipe()
    child = os.fork()
    if child == 0:
        os.read(turned_read, 1)
        os._exit(0 if dials.read(Dial.PROVIDER_DELAY_SECONDS) == 3.0 else 1)
    dials.turn(Dial.PROVIDER_DELAY_SECONDS, 3.0)
    os.write(turned_write, b"!")
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    os.close(turned_read)
    os.close(turned_write)
