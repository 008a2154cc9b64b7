"""Counts spans for RED and for SLIs in plain Python: one span at a time, in exact arithmetic."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from string import ascii_letters, digits, hexdigits
from typing import Any

from tests.telemetry.otlp_twin import attributes

from holdfast.catalog.model import Sli, SpanSelector, SpanStatus

_KINDS = {0: "unspecified", 1: "internal", 2: "server", 3: "client", 4: "producer", 5: "consumer"}
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_SAMPLED = re.compile(r"(?:^|,)[ \t]*ot=(?:[^,]*;)?th:([0-9a-f]{1,14})(?=[;, \t]|$)")


@dataclass(frozen=True)
class Seen:
    """One span with everything that counting looks at."""

    service: str
    operation: str
    kind: str
    second: int
    nanoseconds: int
    is_error: bool
    weight: int
    own: dict[str, str]
    resource: dict[str, str]
    is_root: bool

    @property
    def environment(self) -> str:
        """The environment its resource names, as environments are compared; empty without one."""
        names = ("deployment.environment.name", "deployment.environment")
        named = next((self.resource[name] for name in names if self.resource.get(name)), "")
        small = "".join(one.lower() if one in ascii_letters else one for one in named.strip(" "))
        return "" if small == "default" else small

    @property
    def namespace(self) -> str:
        """The namespace its resource names, as it is written; empty without one."""
        named = self.resource.get("service.namespace", "")
        return "" if named == "default" else named

    def attribute(self, key: str) -> str:
        """The span's own attribute, or else its resource's, or else nothing."""
        return self.own.get(key, self.resource.get(key, ""))


def seen(requests: Iterable[Any]) -> Iterator[Seen]:
    """Every span of the requests."""
    for request in requests:
        for resource in request.resource_spans:
            of_resource = _first(resource.resource.attributes)
            for scope in resource.scope_spans:
                for one in scope.spans:
                    yield _seen(one, of_resource)


def _seen(one: Any, resource: dict[str, str]) -> Seen:
    own = _first(one.attributes)
    kind = _KINDS.get(one.kind, "unspecified")
    return Seen(
        service=resource.get("service.name", "") or "unknown_service",
        operation=one.name,
        kind=kind,
        second=one.start_time_unix_nano // 10**9,
        nanoseconds=max(0, one.end_time_unix_nano - one.start_time_unix_nano),
        is_error=is_error(one.status.code, kind, own, threw=threw(one)),
        weight=weight(one.trace_state, one.span_id),
        own=own,
        resource=resource,
        is_root=not one.parent_span_id,
    )


def _first(pairs: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, text in attributes(pairs):
        found.setdefault(key, text)
    return found


def is_error(status: int, kind: str, own: dict[str, str], *, threw: bool = False) -> bool:
    """A status set by hand decides; else the gRPC code, the HTTP status, an error's type or an exception."""
    if status in (1, 2):
        return status == 2
    is_server = kind in ("server", "consumer")
    if is_server or kind in ("client", "producer"):
        grpc = [own.get(f"rpc.{name}status_code", "") for name in ("", "response.", "grpc.")]
        for code in filter(None, [*grpc, own.get("grpc.status_code", "")]):
            is_fault = code.upper() in SERVER_FAULTS
            return is_fault if is_server else is_fault or code.upper() in CLIENT_FAILURES
        http = (
            own.get("http.response.status_code") or own.get("http.status_code") or own.get("error.type", "")
        )
        if re.fullmatch(r"[0-9]{1,5}", http) and 0 < int(http) < 2**16:
            return int(http) >= (500 if is_server else 400)
    return threw or own.get("error.type", "") != ""


def threw(one: Any) -> bool:
    """Whether the last exception's event says what was thrown."""
    thrown = [_first(event.attributes) for event in one.events if event.name == "exception"]
    return bool(thrown) and any(thrown[-1].get(f"exception.{what}") for what in ("type", "message"))


SERVER_FAULTS = {"2", "4", "12", "13", "14", "15"} | {
    *("UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS")
}
CLIENT_FAILURES = {str(code) for code in range(1, 17)} | {
    *(
        "CANCELLED",
        "INVALID_ARGUMENT",
        "NOT_FOUND",
        "ALREADY_EXISTS",
        "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED",
    ),
    *("FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNAUTHENTICATED"),
}


def weight(trace_state: str, span_id: bytes) -> int:
    """How many spans a sampled one stands for; its id settles the fraction, an absurd claim counts once."""
    match = _SAMPLED.search(trace_state)
    threshold = int(match[1].ljust(14, "0"), 16) if match else 0
    exact = Fraction(2**56, 2**56 - threshold)
    if exact > 2**20:  # nobody samples one in more than a million
        return 1
    whole = exact.numerator // exact.denominator
    return whole + (Fraction(int.from_bytes(span_id[4:8], "big"), 2**32) < exact - whole)


_UUID = re.compile("-".join(f"[0-9a-fA-F]{{{size}}}" for size in (8, 4, 4, 4, 12)))


def folded(name: str) -> str:
    """A span's name with `{id}` for every id, word by word."""
    pieces = (
        "".join("{id}" if _is_id(word) else word for word in _words(piece)) for piece in _UUID.split(name)
    )
    return "{id}".join(pieces)


def _words(text: str) -> list[str]:
    return ["".join(group) for _, group in groupby(text, lambda one: one in ascii_letters + digits)]


def _is_id(word: str) -> bool:
    is_number = word != "" and set(word) <= set(digits)
    is_hexadecimal = len(word) >= 8 and set(word) <= set(hexdigits)
    is_ulid = len(word) == 26 and word[0] in "01234567" and set(word) <= set(_CROCKFORD)
    return is_number or is_hexadecimal or is_ulid


def counters(
    spans: Iterable[Seen], slis: Iterable[Sli], *, width: int = 10
) -> dict[tuple[int, int], tuple[int, int]]:
    """Good and total by (SLI, start of the slice); slices without events are left out."""
    good: Counter[tuple[int, int]] = Counter()
    total: Counter[tuple[int, int]] = Counter()
    spans = list(spans)
    for sli in slis:
        for one in spans:
            if matches(one, sli.total):
                key = (sli.id, one.second // width * width)
                total[key] += one.weight
                good[key] += one.weight if matches(one, sli.good) else 0
    return {key: (good[key], total[key]) for key in total}


def matches(one: Seen, selector: SpanSelector) -> bool:
    """Whether a span fulfils every condition of a selector."""
    return (
        one.service == selector.service
        and selector.environment in (None, one.environment)
        and selector.namespace in (None, one.namespace)
        and (not selector.operations or one.operation in selector.operations)
        and one.kind in {kind.value for kind in selector.kinds}
        and all(one.attribute(key) in values for key, values in selector.attributes)
        and (selector.status is None or (selector.status is SpanStatus.ERROR) == one.is_error)
        and (
            selector.max_duration_nanoseconds is None or one.nanoseconds <= selector.max_duration_nanoseconds
        )
    )
