"""How the use of a resource grew, and whose CPU a full host's is."""

from dataclasses import replace

import pytest
from tests.telemetry.saturation.test_model import full

from holdfast.telemetry.metrics.model import Latest
from holdfast.telemetry.saturation.host_users import users, users_text
from holdfast.telemetry.saturation.model import own_trouble, sentence
from holdfast.telemetry.saturation.trend import Trend, grown, trend_text
from holdfast.telemetry.saturation.units import Unit, UnitKind

MIB = 2.0**20
BYTES, CPUS = Unit(UnitKind.BYTES), Unit(UnitKind.CPUS, "CPU")
MESSAGES = Unit(UnitKind.COUNT, "message")
USED, LIMIT = "k8s.container.memory.working_set", "k8s.container.memory_limit"


def memory(used: float, earlier: float | None, lowest: float | None, on: str = "cart-1") -> Latest:
    """The memory of an instance in MiB: now, ten minutes before, and least in the hour."""
    before = [None if one is None else one * MIB for one in (earlier, lowest)]
    return Latest(0, USED, "By", {"service.instance.id": on}, used * MIB, used * MIB, *before)


def limit(amount: float, on: str = "cart-1") -> Latest:
    """The limit of an instance in MiB."""
    return Latest(0, LIMIT, "By", {"service.instance.id": on}, amount * MIB, amount * MIB)


@pytest.mark.parametrize(
    ("used", "earlier", "lowest", "most", "words"),
    [
        (412, 374, 370, 512, "+38 MiB in 10 min, limit in about 26 min"),
        (412, 374, 370, None, "+38 MiB in 10 min"),
        (412, 374, 370, 24_000, "+38 MiB in 10 min"),
        (267, 267, 75, 512, "+192 MiB in the last hour"),
        (267, None, 75, 512, ""),
        (110, 100, 100, 512, ""),
        (1016, 1000, 1000, 2048, ""),
        (100, 140, 100, 512, ""),
    ],
)
def test_growth_is_said_with_when_the_limit_is_reached(
    used: float, earlier: float | None, lowest: float, most: float | None, words: str
) -> None:
    """Much growth only; of a process that was not there ten minutes ago nothing is known."""
    before = Trend(None if earlier is None else earlier * MIB, lowest * MIB)
    assert trend_text(used * MIB, most and most * MIB, before, BYTES) == words


def test_cpu_that_jumped_is_said() -> None:
    """Twice as much and a fifth of a CPU more; a little more of little is nothing."""
    assert trend_text(0.92, 2.0, Trend(0.05), CPUS).startswith("+0.87 CPUs in 10 min")
    assert trend_text(0.33, 2.0, Trend(0.33, 0.01), CPUS) == "+0.32 CPUs in the last hour"
    assert grown(0.1, Trend(0.01), CPUS) == 0
    assert grown(1.9, Trend(1.6), CPUS) == 0


def test_what_grows_comes_before_what_is_free_and_after_what_is_nearly_full() -> None:
    """The sentence names both, and the growing instance is shown, not the one that merely has more."""
    grows = [memory(150, 100, 100), limit(512)]
    more = [memory(200, 200, 200, "cart-2"), limit(512, "cart-2")]
    found = full(*grows, *more)
    assert [one.instance for one in found] == ["cart-1"]
    said = "Memory of cart-1 grew: 150 of 512 MiB, +50 MiB in 10 min, limit in about 72 min."
    assert sentence(found) == own_trouble(found) == said
    host = Latest(0, "system.cpu.utilization", "1", {"cpu.mode": "idle", "host.name": "vm"}, 0.0, 0.0)
    both = full(*grows, host)
    assert [one.signal.key for one in both] == ["memory", "host_cpu"]
    assert sentence(both) == f"{said} CPU of the host is full on vm: 100% of all its CPUs."


def test_the_processes_that_use_a_full_hosts_cpu_are_named() -> None:
    """Two, the most first, with their zone; a host's CPU alone is no trouble of the service itself."""
    key, zone = "service.instance.id", "cloud.availability_zone"
    used = [
        Latest(0, "process.cpu.time", "s", {"service.name": name, key: one, zone: "zone-a"}, cpus, cpus)
        for name, one, cpus in (
            ("search", "search-zone-a", 0.5),
            ("search", "search-zone-a", 0.4),
            ("cart", "c1", 0.3),
            ("web", "w", 0.2),
        )
    ]
    assert users_text(users(used)) == "most by search-zone-a 0.9 CPU, c1 of cart in zone-a 0.3 CPU"
    assert users_text(users([])) == ""
    little = users_text(users([replace(used[0], value=0.01)]))
    assert little == "by processes that send no metrics"
    host = Latest(0, "system.cpu.utilization", "1", {"cpu.mode": "idle", "host.name": "vm"}, 0.01, 0.01)
    assert own_trouble(full(host)) == ""


def test_messages_that_pile_up_have_left_their_usual() -> None:
    """Three times as many and twenty more than ten minutes before; what always goes up and down is usual."""
    assert trend_text(154, None, Trend(5, 0), MESSAGES) == "+149 messages in 10 min"
    assert trend_text(154, None, Trend(150, 4), MESSAGES) == "+150 messages in the last hour"
    assert trend_text(154, None, Trend(20, 0), MESSAGES) == "+134 messages in 10 min"
    for earlier, lowest in ((60, 40), (140, 60), (3, 0)):
        assert trend_text(22 if earlier == 3 else 154, None, Trend(earlier, lowest), MESSAGES) == ""


def test_a_queue_that_piles_up_comes_before_what_is_free() -> None:
    """Without a limit it stood last, unmarked."""
    waiting = Latest(0, "orders.queue.waiting", "{message}", {}, 154.0, 154.0, earlier=4.0, lowest=2.0)
    found = full(memory(100, 100, 100), limit(512), waiting)
    assert [(one.signal.key, one.is_growing) for one in found] == [("queue", True), ("memory", False)]


def test_a_pool_that_is_full_in_one_instance_says_of_how_many() -> None:
    """That one instance of two is full is what stands out."""
    pools = [memory(500, 500, 500), limit(512), memory(100, 100, 100, "cart-2"), limit(512, "cart-2")]
    said = "Memory is nearly full on cart-1, 1 of 2 instances: 500 of 512 MiB."
    assert own_trouble(full(*pools)) == said
