"""Measures of the host and its processes."""

from __future__ import annotations

import os
from pathlib import Path

from bazaar.host import Host, Watched
from bazaar.layout import SERVICES, Layout
from bazaar.measures import Kind, Measure, Measured, pressure, request_of, tcp, throttling
from bazaar.parts import Part
from bazaar.roster import watched_parts


def values(measures: list[Measure]) -> dict[tuple[str, ...], float]:
    """Measures by name and attributes."""
    return {(one.name, *one.attributes.values()): one.value for one in measures}


def test_pressure_is_reported_in_seconds_and_shares() -> None:
    """The kernel's microseconds become seconds, its percent a share; some and full stay apart."""
    text = "some avg10=12.50 avg60=0.00 total=2500000\nfull avg10=0.00 avg60=0.00 total=0\n"
    assert values(pressure("cpu", text)) == {
        ("system.linux.pressure.stall.time", "cpu", "some"): 2.5,
        ("system.linux.pressure.utilization", "cpu", "some"): 0.125,
        ("system.linux.pressure.stall.time", "cpu", "full"): 0.0,
        ("system.linux.pressure.utilization", "cpu", "full"): 0.0,
    }


def test_retransmissions_are_read_by_the_name_of_their_column() -> None:
    """Columns are found by name, for kernels differ in how many there are."""
    text = "Ip: Forwarding\nIp: 2\nTcp: InSegs OutSegs RetransSegs\nTcp: 9 700 7\nUdp: NoPorts\nUdp: 1\n"
    assert values(tcp(text)) == {
        ("system.network.tcp.segments",): 700,
        ("system.network.tcp.retransmissions",): 7,
    }


def test_throttling_is_the_same_in_both_versions_of_cgroups() -> None:
    """Microseconds of the second and nanoseconds of the first become seconds; where there are none, none."""
    second = "usage_usec 5\nnr_periods 9\nnr_throttled 3\nthrottled_usec 1500000\n"
    first = "nr_periods 9\nnr_throttled 3\nthrottled_time 1500000000\n"
    told = {("container.cpu.throttling.periods",): 3, ("container.cpu.throttling.time",): 1.5}
    assert values(throttling(second)) == values(throttling(first)) == told
    assert throttling("usage_usec 5\n") == []


def test_what_the_kernel_does_not_tell_is_left_out(tmp_path: Path) -> None:
    """On a machine without these files the host is measured all the same."""
    (host,) = Host({"service.name": "host-agent"}, tmp_path).measure([])
    names = {measure.name for measure in host.measures}
    assert {"system.cpu.utilization", "system.memory.usage", "system.memory.limit"} <= names
    assert not any("pressure" in name for name in names)


def test_a_process_is_measured_as_who_it_is_and_a_gone_one_not_at_all() -> None:
    """A running process has processor time and memory under its own identity; one that ended is left out."""
    here = Watched(os.getpid(), {"service.name": "cart"}, with_children=True)
    gone = Watched(2**22, {"service.name": "gone"})
    (process,) = list(Host({}).measure([here, gone]))[1:]
    assert (process.resource["service.name"], process.resource["process.pid"]) == ("cart", os.getpid())
    told = values(list(process.measures))
    assert told["process.cpu.time", "user"] > 0
    assert told["process.memory.usage",] > 1 << 20


def test_kinds_become_the_kinds_of_otlp() -> None:
    """A gauge has no start, a count only grows, a level may fall; one name is one metric."""
    measures = (
        Measure("share", "1", 0.5),
        Measure("time", "s", 2.0, Kind.COUNT, {"mode": "user"}),
        Measure("time", "s", 3.0, Kind.COUNT, {"mode": "system"}),
        Measure("usage", "By", 4.0, Kind.LEVEL),
    )
    request = request_of([Measured({"process.pid": 7}, 100.0, measures)], 200.0)
    share, time, usage = request.resource_metrics[0].scope_metrics[0].metrics
    assert share.gauge.data_points[0].start_time_unix_nano == 0
    assert [point.as_double for point in time.sum.data_points] == [2.0, 3.0]
    assert (time.sum.is_monotonic, usage.sum.is_monotonic) == (True, False)
    assert time.sum.data_points[0].start_time_unix_nano == 100 * 10**9
    assert request.resource_metrics[0].resource.attributes[0].value.int_value == 7


def test_every_replica_is_watched_under_its_own_version_and_zone() -> None:
    """All replicas and servers are watched, the payment provider, which is another company's, is not."""
    layout = Layout()
    names = [replica.name for replica in layout.replicas()]
    parts = [Part(name, number, Path("log")) for number, name in enumerate([*names, "redis", "provider"])]
    watched = watched_parts(layout, parts)
    assert {one.identity["service.name"] for one in watched} == {*SERVICES, "bazaar-cache"}
    second = next(one for one in watched if one.identity["service.instance.id"] == "catalog-v2-zone-b")
    assert (second.identity["service.version"], second.identity["cloud.availability_zone"]) == (
        "2.0.0",
        "zone-b",
    )
