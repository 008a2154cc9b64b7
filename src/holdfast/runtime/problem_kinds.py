"""Kinds of problem: the stable `type`, status and title of every refusal. Pure.

A program decides by `type`, the same on every server and in every version; a person reads the detail.
"""

import inspect
from dataclasses import dataclass

from holdfast.runtime.errors import HoldfastError, Invalid, NotFound, TooLarge

PREFIX = "urn:holdfast:problem:"
"""The prefix of every `type`, before the kind."""


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """One kind of problem; `meaning` is a sentence for the reference."""

    name: str
    status: int
    title: str
    meaning: str

    @property
    def type(self) -> str:
        """The URI of this kind (RFC 9457, 3.1.1); `about:blank` for a kind that is only its status."""
        return PREFIX + self.name if self.name else "about:blank"


def kind_of(error: type[HoldfastError]) -> ProblemKind:
    """Return the kind of problem that an error is."""
    meaning = (inspect.getdoc(error) or "").partition("\n\n")[0].replace("\n", " ")
    return ProblemKind(error.kind, error.status, error.title, meaning)


INVALID_BODY = ProblemKind(
    "unprocessable-content",
    422,
    "Unprocessable content",
    "The body does not match the endpoint's schema; `problems` lists each wrong field.",
)
METHOD_NOT_ALLOWED = ProblemKind(
    "method-not-allowed", 405, "Method not allowed", "The address does not support this method."
)
INTERNAL = ProblemKind(
    "internal-server-error", 500, "Internal server error", "A fault of the server; its log has the traceback."
)
OF_THE_SERVER = (INVALID_BODY, METHOD_NOT_ALLOWED, INTERNAL)
"""Kinds without an error of ours: refusals of the framework, and unexpected failures."""

BY_STATUS = {
    kind.status: kind
    for kind in (kind_of(Invalid), kind_of(NotFound), kind_of(TooLarge), INVALID_BODY, METHOD_NOT_ALLOWED)
}
"""Kinds of the framework's own refusals, by status."""
