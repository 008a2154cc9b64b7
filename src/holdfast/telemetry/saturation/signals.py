"""The table of signals: which metrics show how full a service's resources are, and their limits. Pure.

Names are those of OpenTelemetry's semantic conventions, new and old, of the Collector's kubeletstats,
k8scluster and dockerstats receivers, of Micrometer, and of Prometheus' client libraries, cAdvisor and
kube-state-metrics. A metric `X.limit` is the limit of `X` (semantic conventions, "Instrument naming").
"""

from collections.abc import Iterable

from holdfast.telemetry.identity.instances import INSTANCE_KEY
from holdfast.telemetry.metrics.model import Wanted
from holdfast.telemetry.saturation.model import (
    HOST_KEYS,
    POD_KEYS,
    MergedBy,
    Reading,
    SaturationSignal,
    SeriesCondition,
    readings,
)
from holdfast.telemetry.saturation.units import Unit, UnitKind

_CONTAINER = ("k8s.container.name", "container")
_POOL = ("db.client.connection.pool.name", "pool.name", "pool")
_QUEUE = (
    *("messaging.destination.name", "topic", "queue", "rabbitmq.queue.name"),
    "messaging.destination.subscription.name",
)
_EXECUTOR = ("name", "jvm.thread.pool.name")

_CPUS, _BYTES = Unit(UnitKind.CPUS, "CPU"), Unit(UnitKind.BYTES)
_CONNECTIONS, _REQUESTS = Unit(UnitKind.COUNT, "connection"), Unit(UnitKind.COUNT, "request")
_THREADS, _MESSAGES = Unit(UnitKind.COUNT, "thread"), Unit(UnitKind.COUNT, "message")


def _is(value: str, *keys: str) -> tuple[SeriesCondition, ...]:
    return (SeriesCondition(keys, (value,)),)


# cAdvisor sends one series for the pod, and in older versions one for its pause container.
_OF_CONTAINERS = (SeriesCondition(("container",), ("", "POD"), is_excluded=True),)
_IDLE = _is("idle", "cpu.mode", "system.cpu.state", "state")


def _requested(resource: str) -> Reading:
    # Two replicas of kube-state-metrics send each limit twice.
    return Reading("kube_pod_container_resource_limits", _is(resource, "resource"), MergedBy.MOST)


_CPU_LIMITS = (
    Reading("k8s.container.cpu.limit", merge=MergedBy.MOST),
    Reading("k8s.container.cpu_limit", merge=MergedBy.MOST),
    _requested("cpu"),
)
_MEMORY_LIMITS = (
    Reading("k8s.container.memory.limit", merge=MergedBy.MOST),
    Reading("k8s.container.memory_limit", merge=MergedBy.MOST),
    _requested("memory"),
    Reading("container_spec_memory_limit_bytes", _OF_CONTAINERS),
    Reading("container.memory.usage.limit"),
)
_HOST_CPUS = (Reading("system.cpu.logical.count", merge=MergedBy.MOST),)
_HOST_MEMORY = (Reading("system.memory.limit", merge=MergedBy.MOST),)

HOST_CPU = "host_cpu"
"""The key of the signal whose users are named."""

_CPU = (
    SaturationSignal(
        "cpu", "CPU", _CPUS,
        (
            Reading("k8s.container.cpu.usage"),
            Reading("container.cpu.usage"),
            Reading("container_cpu_usage_seconds_total", _OF_CONTAINERS),
            Reading("container.cpu.time"),
        ),
        _CPU_LIMITS, part=_CONTAINER,
    ),
    SaturationSignal(
        "cpu", "CPU", _CPUS, (Reading("k8s.pod.cpu.usage"),),
        (Reading("k8s.pod.cpu_limit_utilization", is_ratio=True), *_CPU_LIMITS), limit_part=_CONTAINER,
    ),
    SaturationSignal(
        "cpu", "CPU", _CPUS,
        (
            Reading("process.cpu.time"),
            Reading("jvm.cpu.time"),
            Reading("process_cpu_seconds_total"),
            Reading("process.runtime.cpython.cpu_time"),
        ),
        (*_CPU_LIMITS, Reading("jvm.cpu.count"), Reading("go.processor.limit")),
        host_limits=_HOST_CPUS, limit_part=_CONTAINER,
    ),
    SaturationSignal(
        "cpu", "CPU", Unit(UnitKind.RATIO, "its limit"),
        (Reading("k8s.pod.cpu_limit_utilization"),), most=1.0,
    ),
    SaturationSignal(
        "cpu", "CPU", Unit(UnitKind.RATIO, "the CPUs it may use"),
        (
            Reading("process.cpu.utilization"),
            Reading("jvm.cpu.recent_utilization"),
            Reading("process.runtime.jvm.cpu.utilization"),
            Reading("process.cpu.usage"),
        ),
        most=1.0,
    ),
    SaturationSignal(
        "cpu_throttling", "CPU throttled", Unit(UnitKind.RATE, "period"),
        (
            Reading("container_cpu_cfs_throttled_periods_total", _OF_CONTAINERS),
            Reading("container.cpu.throttling_data.throttled_periods"),
        ),
        (
            Reading("container_cpu_cfs_periods_total", _OF_CONTAINERS),
            Reading("container.cpu.throttling_data.periods"),
        ),
        part=_CONTAINER, needs_limit=True,
    ),
    SaturationSignal(
        HOST_CPU, "CPU of the host", Unit(UnitKind.RATIO, "all its CPUs"),
        (Reading("system.cpu.utilization", _IDLE, MergedBy.MEAN, is_free=True),),
        most=1.0, is_of_host=True,
    ),
)  # fmt: skip

_MEMORY = (
    SaturationSignal(
        "memory", "Memory", _BYTES,
        (
            Reading("k8s.container.memory.working_set"),
            Reading("container.memory.working_set"),
            Reading("container_memory_working_set_bytes", _OF_CONTAINERS),
            Reading("container.memory.usage"),
            Reading("container.memory.usage.total"),
        ),
        _MEMORY_LIMITS, part=_CONTAINER,
    ),
    SaturationSignal(
        "memory", "Memory", _BYTES, (Reading("k8s.pod.memory.usage"),),
        (Reading("k8s.pod.memory_limit_utilization", is_ratio=True), *_MEMORY_LIMITS),
        limit_part=_CONTAINER,
    ),
    SaturationSignal(
        "memory", "Memory", _BYTES,
        (
            Reading("process.memory.usage"),
            Reading("process_resident_memory_bytes"),
            Reading("process.runtime.cpython.memory", _is("rss", "type")),
            Reading("dotnet.process.memory.working_set"),
        ),
        _MEMORY_LIMITS, host_limits=_HOST_MEMORY, limit_part=_CONTAINER,
    ),
    SaturationSignal(
        "jvm_heap", "JVM heap", _BYTES,
        (
            Reading("jvm.memory.used", _is("heap", "jvm.memory.type", "area")),
            Reading("process.runtime.jvm.memory.usage", _is("heap", "type")),
            Reading("jvm_memory_used_bytes", _is("heap", "area")),
        ),
        (
            Reading("jvm.memory.limit", _is("heap", "jvm.memory.type")),
            Reading("jvm.memory.max", _is("heap", "area")),
            Reading("process.runtime.jvm.memory.limit", _is("heap", "type")),
            Reading("jvm_memory_max_bytes", _is("heap", "area")),
        ),
    ),
    SaturationSignal(
        "v8_heap", "V8 heap", _BYTES,
        (Reading("v8js.memory.heap.used"),), (Reading("v8js.memory.heap.limit"),),
    ),
    SaturationSignal(
        "go_memory", "Go memory", _BYTES, (Reading("go.memory.used"),), (Reading("go.memory.limit"),),
    ),
    SaturationSignal(
        "gc", "Garbage collection", Unit(UnitKind.TIME_SHARE),
        (
            Reading("jvm.gc.duration"),
            Reading("process.runtime.jvm.gc.duration"),
            Reading("jvm.gc.pause"),
            Reading("jvm_gc_pause_seconds_sum"),
            Reading("v8js.gc.duration"),
            Reading("dotnet.gc.pause.time"),
        ),
        most=1.0,
    ),
)  # fmt: skip

_WAITING = (
    SaturationSignal(
        "requests_in_flight", "Requests in flight", _REQUESTS,
        (Reading("http.server.active_requests"), Reading("http_server_active_requests")),
        (Reading("http.server.active_requests.limit"),),
    ),
    SaturationSignal(
        "connection_pool", "Connection pool", _CONNECTIONS,
        (
            Reading("db.client.connection.count", _is("used", "db.client.connection.state")),
            Reading("db.client.connections.usage", _is("used", "state")),
            Reading("hikaricp.connections.active"),
            Reading("hikaricp_connections_active"),
        ),
        (
            Reading("db.client.connection.max"),
            Reading("db.client.connections.max"),
            Reading("hikaricp.connections.max"),
            Reading("hikaricp_connections_max"),
        ),
        part=_POOL,
    ),
    SaturationSignal(
        "connection_waits", "Waiting for a connection", _REQUESTS,
        (
            Reading("db.client.connection.pending_requests"),
            Reading("db.client.connections.pending_requests"),
            Reading("hikaricp.connections.pending"),
            Reading("hikaricp_connections_pending"),
        ),
        part=_POOL,
    ),
    SaturationSignal(
        "http_connections", "HTTP connections", _CONNECTIONS,
        (Reading("http.client.open_connections", _is("active", "http.connection.state")),),
        part=("server.address",),
    ),
    SaturationSignal(
        "threads", "Busy threads", _THREADS,
        (
            Reading("tomcat.threads.busy"),
            Reading("tomcat_threads_busy_threads"),
            Reading("jetty.threads.busy"),
            Reading("executor.active"),
            Reading("executor_active_threads"),
        ),
        (
            Reading("tomcat.threads.config.max"),
            Reading("tomcat_threads_config_max_threads"),
            Reading("jetty.threads.config.max"),
            Reading("executor.pool.max"),
            Reading("executor_pool_max_threads"),
        ),
        part=_EXECUTOR,
    ),
    SaturationSignal(
        "thread_waits", "Waiting for a thread", Unit(UnitKind.COUNT, "task"),
        (
            Reading("dotnet.thread_pool.queue.length"),
            Reading("executor.queued"),
            Reading("executor_queued_tasks"),
            Reading("kestrel.queued_requests"),
        ),
        part=_EXECUTOR,
    ),
    SaturationSignal(
        "event_loop", "Event loop", Unit(UnitKind.RATIO, "its time"),
        (Reading("nodejs.eventloop.utilization", merge=MergedBy.MOST),), most=1.0,
    ),
    SaturationSignal(
        "event_loop_delay", "Event loop delay (p99)", Unit(UnitKind.TIME),
        (Reading("nodejs.eventloop.delay.p99", merge=MergedBy.MOST),),
    ),
    SaturationSignal(
        "file_descriptors", "Open files", Unit(UnitKind.COUNT, "file"),
        (
            Reading("process.unix.file_descriptor.count"),
            Reading("process.open_file_descriptor.count"),
            Reading("process_open_fds"),
            Reading("process.files.open"),
        ),
        (
            Reading("process.unix.file_descriptor.limit"),
            Reading("process_max_fds"),
            Reading("process.files.max"),
        ),
        needs_limit=True,
    ),
    SaturationSignal(
        "queue", "Messages waiting", _MESSAGES,
        (
            Reading("kafka.consumer.records_lag_max", merge=MergedBy.MOST),
            Reading("kafka.consumer.fetch.manager.records.lag.max", merge=MergedBy.MOST),
            Reading("rabbitmq.message.current", _is("ready", "state")),
            Reading("*.queue.waiting", merge=MergedBy.MOST),
            Reading("*.queue.depth", merge=MergedBy.MOST),
            Reading("*.consumer.lag", merge=MergedBy.MOST),
        ),
        (Reading("*.queue.limit"), Reading("*.queue.capacity")),
        part=_QUEUE,
    ),
    SaturationSignal(
        "span_queue", "Spans waiting to be sent", Unit(UnitKind.COUNT, "span"),
        (Reading("otel.sdk.processor.span.queue.size"),),
        (Reading("otel.sdk.processor.span.queue.capacity"),),
    ),
)  # fmt: skip

SIGNALS: tuple[SaturationSignal, ...] = (*_CPU, *_MEMORY, *_WAITING)

_OF_PODS = ("k8s.", "container.", "container_", "kube_")
_OF_HOSTS = ("system.",)


def _wanted(every: Iterable[Reading]) -> Wanted:
    """Return which series are read, with the attributes that distinguish them."""
    metrics = sorted({one.metric for one in every})
    return Wanted(
        [one for one in metrics if not one.startswith("*")],
        [one[1:] for one in metrics if one.startswith("*")],
        _KEYS,
    )


_READ = [one for signal in SIGNALS for one in readings(signal)]
_KEYS = sorted(
    {key for one in _READ for condition in one.where for key in condition.keys}
    | {key for signal in SIGNALS for key in signal.part}
    | {INSTANCE_KEY, *POD_KEYS, *HOST_KEYS}
)

OWN = _wanted(_READ)
"""What a service may send itself."""
OF_PODS = _wanted(one for one in _READ if one.metric.startswith(_OF_PODS))
"""What agents send about pods."""
OF_HOSTS = _wanted(one for one in _READ if one.metric.startswith(_OF_HOSTS))
"""What agents send about hosts."""
