"""The errors of telemetry.

HoldfastError
├── Invalid
│   └── BadBody            the request body is not the OTLP message it should be (400)
│       ├── NeedsRepair    only parts of it can be read, which takes time; never returned to a sender
│       └── WrongSignal    it is valid telemetry of another signal than the path's (400)
├── NotFound, TooLarge, Unauthenticated, Forbidden: as in `runtime.errors`
├── MethodRefused          another method than POST on an OTLP path (405)
├── MediaTypeRefused       an unsupported content type or content encoding (415)
├── Unavailable
│   ├── TooSlow            the sender paused too long inside a body (503, Retry-After)
│   ├── IntakeFull         the quota is used up until the warehouse has caught up (503, Retry-After)
│   ├── SpoolFailed        the request could not be written to disk (503, Retry-After)
│   ├── WarehouseStarting  the tables a query needs are being created (503, Retry-After)
│   └── WarehouseDamaged   the engine cannot read its own files (503)
└── SegmentRefused         the engine cannot read a segment; it is set aside and not retried
"""

from holdfast.runtime.errors import HoldfastError, Invalid, Unavailable


class BadBody(Invalid):
    """The request body is not the OTLP message it should be."""

    kind = "not-otlp"
    title = "Not an OTLP request"


class NeedsRepair(BadBody):
    """The body cannot be parsed as a whole; its parts may be, on a thread where that may take long."""


class WrongSignal(BadBody):
    """The body is valid telemetry of another signal than the path's."""

    kind = "wrong-signal"
    title = "Telemetry of another signal"


class MethodRefused(HoldfastError):
    """Another method than POST on an OTLP path."""

    status = 405
    exit_status = 2
    kind = "method-not-allowed"
    title = "Method not allowed"


class MediaTypeRefused(HoldfastError):
    """An unsupported content type or content encoding."""

    status = 415
    exit_status = 2
    kind = "unsupported-media-type"
    title = "Unsupported media type"


class TooSlow(Unavailable):
    """The sender paused too long inside a body.

    A 408 would be more precise, but by the OTLP specification senders then drop the request, and a network
    that stalls for half a minute must not cost telemetry.
    """

    kind = "body-too-slow"
    title = "Body too slow"


class IntakeFull(Unavailable):
    """The quota is used up until the warehouse has caught up or disk space is freed."""

    kind = "intake-full"
    title = "Intake full"


class SpoolFailed(Unavailable):
    """The request could not be written to disk, so it was not acknowledged."""

    kind = "spool-failed"
    title = "Spool not written"


class WarehouseStarting(Unavailable):
    """The tables a query needs are being created, at a first start or after an upgrade."""

    kind = "warehouse-starting"
    title = "Warehouse starting"


class WarehouseDamaged(Unavailable):
    """The engine cannot read its own files: the disk is damaged, or its files were changed by hand."""

    kind = "warehouse-damaged"
    title = "Warehouse damaged"


class SegmentRefused(HoldfastError):
    """The engine cannot read a segment; it is set aside and not retried."""

    kind = "segment-refused"
    title = "Segment refused by the warehouse"
