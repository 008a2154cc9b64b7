"""What telemetry says when it cannot take, store or read what it was given.

HoldfastError
├── Invalid
│   └── BadBody            the request body is not the OTLP message it should be (400)
│       └── NeedsRepair    only parts of it can be read, which takes time; never answered
├── NotFound, TooLarge, Unauthenticated, Forbidden: as in `runtime.errors`
├── MethodRefused          another method than POST on an OTLP path (405)
├── MediaTypeRefused       a content type or encoding nobody here reads (415)
├── Unavailable
│   ├── TooSlow            the sender stopped sending in the middle of a body (503, Retry-After)
│   ├── IntakeFull         no room to keep more until the warehouse has caught up (503, Retry-After)
│   ├── SpoolFailed        the disk did not take what was to be acknowledged (503, Retry-After)
│   └── WarehouseDamaged   the engine cannot read its own files (503)
└── SegmentRefused         the engine cannot read a segment; it is set aside, not tried again
"""

from holdfast.runtime.errors import HoldfastError, Invalid, Unavailable


class BadBody(Invalid):
    """The request body is not the OTLP message it should be."""

    title = "Not an OTLP request"


class NeedsRepair(BadBody):
    """The body cannot be parsed as a whole; its parts may be, on a thread that may take its time."""


class MethodRefused(HoldfastError):
    """Another method than POST on an OTLP path."""

    status = 405
    exit_status = 2
    title = "Only POST is served here"


class MediaTypeRefused(HoldfastError):
    """A content type or content encoding nobody here reads."""

    status = 415
    exit_status = 2
    title = "Not a type or encoding that is read here"


class TooSlow(Unavailable):
    """The sender stopped sending in the middle of a body.

    A 408 would say so better, but by the OTLP specification senders throw away what is answered so, and a
    network that stalls for half a minute must not cost telemetry.
    """

    title = "The body did not arrive in time"


class IntakeFull(Unavailable):
    """No room to keep more until the warehouse has caught up or disk has been freed."""

    title = "The intake is full"


class SpoolFailed(Unavailable):
    """The disk did not take what was to be acknowledged, so nothing was acknowledged."""

    title = "The spool could not be written"


class WarehouseDamaged(Unavailable):
    """The engine cannot read its own files: a damaged disk, or a hand in its directory."""

    title = "The warehouse is damaged"


class SegmentRefused(HoldfastError):
    """The engine cannot read a segment; it is set aside, not tried again."""

    title = "The warehouse cannot read a segment"
