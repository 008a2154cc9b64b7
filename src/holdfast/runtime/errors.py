"""The errors that Holdfast reports.

    HoldfastError              anything Holdfast reports on purpose
    ├── Invalid                the request or document breaks a rule (HTTP 400, exit 2)
    ├── Unauthenticated        nobody has been identified (401, exit 3)
    ├── Forbidden              identified, but the role does not allow it (403, exit 3)
    ├── NotFound               the named thing does not exist (404, exit 2)
    ├── Conflict               the thing is in another state than the request assumes (409, exit 1)
    ├── TooLarge               over a stated limit (413, exit 2)
    ├── Throttled              too many wrong tries; to be repeated later (429, exit 3)
    └── Unavailable            a part that is needed cannot be reached now (503, exit 3)
        └── StateDamaged       the state database is lost, or its file cannot be read (503, exit 3)

Each carries the value that was tried and the rule it broke; the request edge turns it into an RFC 9457
problem document and the command line into one sentence and an exit status.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One broken rule: where (`path`), which `value`, which `rule`, and what to do, in `message`."""

    path: str
    value: str
    rule: str
    message: str


class HoldfastError(Exception):
    """Anything Holdfast reports on purpose: `detail` is one sentence a person can act on.

    `kind` is the last part of a problem's `type`, for programs; `title` is its short name, for people. Both
    are the same for every problem of a kind and do not change (`docs/reference/problems.md`).
    """

    status = 500
    exit_status = 3
    kind = "failed"
    title = "Holdfast could not do this"

    def __init__(
        self,
        detail: str,
        *,
        value: str | None = None,
        rule: str | None = None,
        problems: tuple[Problem, ...] = (),
        retry_after_seconds: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.value = value
        self.rule = rule
        self.problems = problems
        self.retry_after_seconds = retry_after_seconds


class Invalid(HoldfastError):
    """The request or document breaks a rule."""

    status = 400
    exit_status = 2
    kind = "bad-request"
    title = "Bad request"


class Unauthenticated(HoldfastError):
    """Nobody has been identified."""

    status = 401
    kind = "unauthorized"
    title = "Unauthorized"


class Forbidden(HoldfastError):
    """Identified, but the role does not allow it."""

    status = 403
    kind = "forbidden"
    title = "Forbidden"


class NotFound(HoldfastError):
    """The named thing does not exist."""

    status = 404
    exit_status = 2
    kind = "not-found"
    title = "Not found"


class Conflict(HoldfastError):
    """The thing is in another state than the request assumes."""

    status = 409
    exit_status = 1
    kind = "conflict"
    title = "Conflict"


class TooLarge(HoldfastError):
    """Over a stated limit."""

    status = 413
    exit_status = 2
    kind = "content-too-large"
    title = "Content too large"


class Throttled(HoldfastError):
    """Too many wrong tries; to be repeated later."""

    status = 429
    kind = "too-many-requests"
    title = "Too many requests"


class Unavailable(HoldfastError):
    """A part that is needed cannot be reached now."""

    status = 503
    kind = "service-unavailable"
    title = "Service unavailable"


class StateDamaged(Unavailable):
    """The state database is lost, or its file cannot be read: a backup has to be restored."""

    kind = "state-damaged"
    title = "State database damaged"
