"""How newest values become resources: the first reading, the own limit, the fullest instance."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.telemetry.metrics.model import Latest
from holdfast.telemetry.saturation.model import (
    NEARLY,
    Fill,
    Level,
    Reading,
    SaturationSignal,
    fills,
    readings,
    sentence,
)
from holdfast.telemetry.saturation.signals import OF_HOSTS, OF_PODS, OWN, SIGNALS
from holdfast.telemetry.saturation.units import UnitKind

USED, MOST = "db.client.connection.count", "db.client.connection.max"
POOL = "db.client.connection.pool.name"


def value(
    metric: str, amount: float, *, unit: str = "", highest: float | None = None, **attributes: str
) -> Latest:
    """A newest value; attributes are given with `_` for `.`, and `on` is the instance."""
    named = {key.replace("_", "."): text for key, text in attributes.items()}
    if "on" in named:
        named["service.instance.id"] = named.pop("on")
    return Latest(0, metric, unit, named, amount, amount if highest is None else highest)


def pool(used: float, most: float | None, name: str = "orders", on: str = "a") -> list[Latest]:
    """The connections of a pool in an instance."""
    attributes = {"service.instance.id": on, POOL: name}
    state = {"db.client.connection.state": "used"}
    found = [Latest(0, USED, "", attributes | state, used, used)]
    return found if most is None else [*found, Latest(0, MOST, "", attributes, most, most)]


def full(*values: Latest) -> list[Fill]:
    """The resources that these values show."""
    return fills(SIGNALS, values)


def shown(*values: Latest) -> list[tuple[str, str, str]]:
    """Title, amount and instance of each row."""
    return [(one.title, one.text, one.instance) for one in full(*values)]


def test_the_fullest_instance_is_shown() -> None:
    """Each is compared with its own limit: 9 of 10 is fuller than 20 of 100."""
    (found,) = full(*pool(20, 100, on="a"), *pool(9, 10, on="b"), *pool(1, 10, on="c"))
    assert (found.title, found.text, found.instance) == (
        "Connection pool, orders",
        "9 of 10 connections",
        "b",
    )
    assert (found.instances, found.metric, found.limit_metric) == (3, USED, MOST)


def test_each_pool_is_a_row_the_fullest_first() -> None:
    """Rows are sorted by the share of their limit; what has none comes last."""
    found = shown(*pool(1, 10, "cheap"), *pool(9, 10, "dear"), *pool(50, None, "open"))
    assert [title for title, *_ in found] == [
        "Connection pool, dear",
        "Connection pool, cheap",
        "Connection pool, open",
    ]
    assert found[2][1] == "50 connections"


def test_idle_connections_are_not_used() -> None:
    """Of a count by state only those in use fill the pool."""
    idle = Latest(0, USED, "", {POOL: "orders", "db.client.connection.state": "idle"}, 8, 8)
    assert shown(*pool(1, 10), idle) == [("Connection pool, orders", "1 of 10 connections", "a")]


@pytest.mark.parametrize(
    ("used", "level"),
    [
        (0, Level.FREE),
        (7.99, Level.FREE),
        (8, Level.NEARLY_FULL),
        (9.99, Level.NEARLY_FULL),
        (10, Level.FULL),
        (11, Level.FULL),
    ],
)
def test_levels_begin_at_their_bounds(used: float, level: Level) -> None:
    """Four fifths are nearly full, the limit itself is full."""
    (found,) = full(*pool(used, 10))
    assert found.level is level
    assert NEARLY == 0.8


@pytest.mark.parametrize("limit", [0, -1, 2.0**63 - 1])
def test_what_says_unlimited_is_no_limit(limit: float) -> None:
    """Nothing, a negative number and the largest one mean that there is no limit."""
    (found,) = full(value("go.memory.used", 2**20, on="a"), value("go.memory.limit", limit, on="a"))
    assert (found.limit, found.level, found.text) == (None, Level.NO_LIMIT, "1 MiB")


def test_a_heap_is_the_sum_of_its_pools() -> None:
    """Pools without a limit of their own count, those outside the heap do not."""

    def heap(name: str, amount: float, kind: str = "heap") -> Latest:
        return value(f"jvm.memory.{name}", amount * 2**20, on="a", jvm_memory_type=kind)

    found = shown(heap("used", 100), heap("used", 176), heap("limit", 512), heap("used", 90, "non_heap"))
    assert found == [("JVM heap", "276 of 512 MiB", "a")]


def test_memory_of_a_process_has_the_limit_of_its_pod() -> None:
    """What the cluster knows of the pod is joined to what the process sends, by the pod's name."""
    process = value("process.memory.usage", 276 * 2**20, k8s_pod_name="cart-1", on="x")
    limit = value(
        "kube_pod_container_resource_limits", 512 * 2**20, pod="cart-1", resource="memory", container="app"
    )
    cpu = value("kube_pod_container_resource_limits", 2, pod="cart-1", resource="cpu", container="app")
    assert shown(process, limit, cpu) == [("Memory", "276 of 512 MiB", "cart-1")]


def test_two_limits_of_one_pod_are_no_limit_of_its_process() -> None:
    """Which container the process runs in is not known, so its limit is not either."""
    process = value("process.memory.usage", 2**20, k8s_pod_name="cart-1")
    limits = [
        value("k8s.container.memory_limit", 2**30, k8s_pod_name="cart-1", k8s_container_name=name)
        for name in ("app", "proxy")
    ]
    assert shown(process, *limits) == [("Memory", "1 MiB", "cart-1")]


def test_containers_have_rows_of_their_own() -> None:
    """A sidecar that is full is not hidden by the service's own container; pause containers are none."""

    def used(container: str, size: float) -> Latest:
        return value("container_memory_working_set_bytes", size * 2**20, pod="p", container=container)

    def limit(container: str, size: float) -> Latest:
        name = "kube_pod_container_resource_limits"
        return value(name, size * 2**20, pod="p", container=container, resource="memory")

    found = shown(used("app", 10), used("proxy", 99), used("", 109), limit("app", 100), limit("proxy", 100))
    assert found == [("Memory, proxy", "99 of 100 MiB", "p"), ("Memory, app", "10 of 100 MiB", "p")]


def test_a_limit_follows_from_a_share() -> None:
    """The kubelet sends 0.3 CPUs and 15% of the limit: the limit is 2 CPUs."""
    used = value("k8s.pod.cpu.usage", 0.3, k8s_pod_name="p")
    share = value("k8s.pod.cpu_limit_utilization", 0.15, k8s_pod_name="p")
    assert shown(used, share) == [("CPU", "0.3 of 2 CPUs", "p")]
    assert shown(share) == [("CPU", "15% of its limit", "p")]


def test_processor_time_has_the_hosts_processors_as_its_limit() -> None:
    """Where nothing closer limits a process; the parts of its time by mode are added up."""
    times = [
        value("process.cpu.time", 0.25, on="a", host_name="h", cpu_mode=mode) for mode in ("user", "system")
    ]
    host = value("system.cpu.logical.count", 2, host_name="h", on="agent")
    assert shown(*times, host) == [("CPU", "0.5 of 2 CPUs", "a")]
    assert shown(*times) == [("CPU", "0.5 CPUs", "a")]


def test_idle_time_of_a_host_is_not_used() -> None:
    """Its processors are averaged, in either spelling of the attribute."""
    shares = [value("system.cpu.utilization", idle, host_name="h", state="idle") for idle in (0.2, 0.4)]
    busy = value("system.cpu.utilization", 0.7, host_name="h", state="user")
    (found,) = full(*shares, busy)
    assert (found.title, found.text, found.instance) == ("CPU of the host", "70% of all its CPUs", "h")


def test_the_first_reading_sent_counts() -> None:
    """A service that sends a metric under its old and its new name is not counted twice."""
    old = value("db.client.connections.usage", 3, on="a", state="used", pool_name="orders")
    assert shown(*pool(3, 10), old) == [("Connection pool, orders", "3 of 10 connections", "a")]


def test_an_ending_finds_queues_by_any_name_but_those_of_other_signals() -> None:
    """Queues have no conventional name; a pool's own queue stays with its pool."""
    found = shown(
        value("shop.mail.queue.waiting", 12, on="a"),
        value("otel.sdk.processor.span.queue.size", 5, on="a"),
        value("otel.sdk.processor.span.queue.capacity", 50, on="a"),
    )
    assert found == [
        ("Spans waiting to be sent", "5 of 50 spans", "a"),
        ("Messages waiting", "12 messages", "a"),
    ]


def test_what_says_nothing_without_a_limit_is_left_out() -> None:
    """Forty open files of nobody knows how many are no news."""
    files = value("process.open_file_descriptor.count", 40, on="a")
    assert shown(files) == []
    assert shown(files, value("process_max_fds", 1024, on="a")) == [("Open files", "40 of 1,024 files", "a")]


def test_units_are_scaled() -> None:
    """Milliseconds of collection each second, sent in milliseconds."""
    assert shown(value("process.runtime.jvm.gc.duration", 12, unit="ms", on="a")) == [
        ("Garbage collection", "12 ms of each 1 s", "a")
    ]


def test_the_highest_of_the_hour_is_that_of_the_fullest() -> None:
    """Never of several series together, which were highest at different times."""
    (one,) = full(value("http.server.active_requests", 4, highest=42, on="a"))
    assert one.highest_text == "42 requests"
    both = [
        value("http.server.active_requests", 4, highest=42, on="a", url_scheme=each)
        for each in ("http", "https")
    ]
    (merged,) = full(*both)
    assert (merged.text, merged.highest_text) == ("8 requests", "8 requests")


def test_a_sentence_names_the_fullest() -> None:
    """What is full or nearly full, where, and how many more."""
    assert sentence([]) == ""
    assert sentence(full(*pool(3, None))) == ""
    assert sentence(full(*pool(3, 10))) == "Nothing is nearly full."
    nearly = sentence(full(*pool(9, 10, on="cart-a")))
    assert nearly == "Connection pool, orders is nearly full on cart-a: 9 of 10 connections."
    both = sentence(full(*pool(10, 10), *pool(9, 10, "stock")))
    assert both == "Connection pool, orders is full on a: 10 of 10 connections, and 1 more."


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 50)), min_size=1, max_size=8))
def test_rows_are_sorted_and_the_fullest_is_first(pools: list[tuple[int, int]]) -> None:
    """However many pools, the first row is the fullest of all, and none is fuller than the one above."""
    found = full(*(each for n, (used, most) in enumerate(pools) for each in pool(used, most, f"pool-{n}")))
    ratios = [one.ratio or 0.0 for one in found]
    assert ratios == sorted(ratios, reverse=True)
    assert ratios[0] == max(used / most for used, most in pools)


@pytest.mark.parametrize("signal", SIGNALS, ids=lambda one: f"{one.key}-{one.used[0].metric}")
def test_every_signal_is_shown_by_each_of_its_readings(signal: SaturationSignal) -> None:
    """Each metric of the table gives a row of that signal, and each limit limits it."""
    for used in signal.used:
        amount = reading_value(used, 0.25)
        alone = [one for one in full(amount) if one.signal.key == signal.key]
        assert bool(alone) is not signal.needs_limit
    for limit in (*signal.limits, *signal.host_limits):
        amounts = [reading_value(signal.used[0], 0.25), reading_value(limit, 0.5)]
        found = [one for one in full(*amounts) if one.signal.key == signal.key]
        assert found[0].ratio == pytest.approx(0.5), limit.metric


def reading_value(reading: Reading, amount: float) -> Latest:
    """A value that meets a reading's conditions, on one pod and host."""
    attributes = {"k8s.pod.name": "p", "host.name": "h"}
    for condition in reading.where:
        attributes[condition.keys[0]] = "app" if condition.is_excluded else condition.values[0]
    return Latest(0, reading.metric.replace("*", "some"), "", attributes, amount, amount)


def test_the_table_is_what_is_read() -> None:
    """Every metric of the table is asked for, and what agents send is among it."""
    every = {one.metric for signal in SIGNALS for one in readings(signal)}
    assert {one for one in every if not one.startswith("*")} == set(OWN.metrics)
    assert {one[1:] for one in every if one.startswith("*")} == set(OWN.endings)
    assert set(OF_PODS.metrics) | set(OF_HOSTS.metrics) < set(OWN.metrics)
    assert "system.cpu.logical.count" in OF_HOSTS.metrics


def test_shares_have_a_limit_and_a_noun() -> None:
    """A percentage is of something that is named."""
    for one in SIGNALS:
        if one.unit.kind is UnitKind.RATIO:
            assert (one.most, bool(one.unit.noun)) == (1.0, True)
