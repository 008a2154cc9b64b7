"""The OTLP/gRPC receiver, for the port every SDK sends to by default (4317).

The three Export services are registered as generic handlers on raw bytes, so gRPC's own Python layer makes
no message objects. What is refused carries its code, and `google.rpc.Status` with `RetryInfo` in the
trailing metadata where the sender should try again.
"""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import grpc

from holdfast.runtime.errors import HoldfastError, Unavailable
from holdfast.telemetry.compression import too_large
from holdfast.telemetry.model import Signal
from holdfast.telemetry.otlp_reply import CODES, Code, Form, status, success
from holdfast.telemetry.receive import Receiver

log = logging.getLogger(__name__)

SERVICES = {
    Signal.TRACES: "opentelemetry.proto.collector.trace.v1.TraceService",
    Signal.METRICS: "opentelemetry.proto.collector.metrics.v1.MetricsService",
    Signal.LOGS: "opentelemetry.proto.collector.logs.v1.LogsService",
}
_CODES = {code.value[0]: code for code in grpc.StatusCode}
_THREADS = 16
_STORED_SECONDS = 60.0
"""Longest wait for the disk; the sender's own deadline is usually ten seconds."""

_OPTIONS = (
    # Two servers on one port would each get half of the telemetry and never know.
    ("grpc.so_reuseport", 0),
    ("grpc.max_metadata_size", 16 * 1024),
    # Senders that sit idle behind firewalls may ping now and then without being cut off.
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
)

Export = Callable[[bytes, grpc.ServicerContext], bytes]


class OtlpGrpc:
    """A gRPC server on one address; lives from `start` to `stop`."""

    def __init__(self, receiver: Receiver, bind: str) -> None:
        self._receiver = receiver
        self._bind = bind
        limit = receiver.limits.body_bytes
        self._server = grpc.server(
            ThreadPoolExecutor(_THREADS, thread_name_prefix="otlp-grpc"),
            options=[*_OPTIONS, ("grpc.max_receive_message_length", limit)],
        )
        for signal, service in SERVICES.items():
            method = grpc.unary_unary_rpc_method_handler(self._export(signal))
            handler = grpc.method_handlers_generic_handler(service, {"Export": method})
            self._server.add_generic_rpc_handlers((handler,))

    def start(self) -> int:
        """Bind and serve; return the port. Raises `Unavailable` if the address cannot be had."""
        try:
            port: int = self._server.add_insecure_port(self._bind)
        except RuntimeError as error:
            raise Unavailable(
                f"OTLP/gRPC cannot listen on {self._bind}: the address is in use or not this machine's; stop "
                "what listens there, or choose another address",
                value=self._bind,
            ) from error
        self._server.start()
        return port

    def stop(self, grace_seconds: float) -> None:
        """Take no new calls, and let those under way finish for at most `grace_seconds`."""
        self._server.stop(grace_seconds).wait()

    def _export(self, signal: Signal) -> Export:
        def export(body: bytes, context: grpc.ServicerContext) -> bytes:
            try:
                return self._take(signal, body, context)
            except HoldfastError as error:
                self._receiver.count_refusal(error)
                return _abort(context, error)
            except Exception:  # the request edge: logged with its traceback, answered without it
                log.exception("an OTLP export of %s failed", signal)
                return _abort(
                    context, HoldfastError("this call met an error in Holdfast; its log has the details")
                )

        return export

    def _take(self, signal: Signal, body: bytes, context: grpc.ServicerContext) -> bytes:
        self._receiver.admit(_authorization(context))
        if len(body) > self._receiver.limits.body_bytes:
            raise too_large(len(body), self._receiver.limits.body_bytes)
        self._receiver.inflight.hold(len(body))
        try:
            taken = self._receiver.take(signal, body, Form.PROTOBUF)
            if taken.stored is not None:
                taken.stored.result(_STORED_SECONDS)
        finally:
            self._receiver.inflight.release(len(body))
        return success(taken.batch)


def _authorization(context: grpc.ServicerContext) -> str | None:
    for name, value in context.invocation_metadata():
        if name == "authorization" and isinstance(value, str):
            return value
    return None


def _abort(context: grpc.ServicerContext, error: HoldfastError) -> bytes:
    code = CODES.get(error.status, Code.INTERNAL)
    details = status(code, error.detail, retry_seconds=error.retry_after_seconds)
    context.set_trailing_metadata((("grpc-status-details-bin", details),))
    context.set_code(_CODES[int(code)])
    context.set_details(error.detail[:1024])
    return b""
