"""Whether the spans of a service stand for all its requests: the rules and the sentences. Pure.

Spans that a sampler kept for what they are, and that have no weight, misrepresent the rest: keep every failed
trace and one in a hundred others, and half of what is left has failed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

from holdfast.telemetry.identity.model import ServiceId
from holdfast.telemetry.sampling.marks import MARKS
from holdfast.telemetry.spans.failures import is_failed

FEWEST_EVENTS = 50
"""Fewer spans or measured requests are not compared."""
DEVIATIONS = 4.0
"""How far shares must differ, in standard errors: chance does so about once in 16,000 comparisons."""
SMALLEST_QUOTIENT = 1.5
"""A smaller difference of shares is not shown: spans and metrics may count failures a little differently."""
SAMPLED_BELOW = 0.8
"""Spans of more than this share of the measured requests were not sampled away."""


@dataclass(frozen=True, slots=True)
class FailedShare:
    """The failed ones among a number of requests."""

    failed: float
    total: float

    @property
    def ratio(self) -> float:
        """The share of failures; 0 of nothing."""
        return self.failed / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True)
class Measure:
    """A metric that counts every request of a server, whether or not its span is kept.

    `by` are the attributes that say how a request ended, `where` limits it to requests handled.
    """

    metric: str
    by: tuple[str, ...]
    where: tuple[str, ...] = ()


MEASURES = (
    Measure("traces.span.metrics.calls", ("status.code",), ("span.kind=SPAN_KIND_SERVER",)),
    Measure("http.server.request.duration", ("http.response.status_code", "error.type")),
    Measure("http.server.duration", ("http.status_code",)),
    Measure("rpc.server.call.duration", ("rpc.response.status_code", "error.type")),
    Measure("rpc.server.duration", ("rpc.grpc.status_code",)),
)
"""The metrics of the Collector's span metrics connector and of OpenTelemetry's conventions, new and old."""


def is_failure(labels: Mapping[str, str]) -> bool:
    """Return whether requests measured with these attributes failed, by the rule for spans of a server."""
    status = "Error" if labels.get("status.code") == "STATUS_CODE_ERROR" else "Unset"
    return is_failed("server", status, labels, "")


def disagree(spans: FailedShare, measured: FailedShare) -> bool:
    """Return whether spans are a sample of the measured requests whose share of failures is not theirs.

    The test is that of two proportions with a pooled standard error (Fleiss, Levin and Paik, "Statistical
    Methods for Rates and Proportions", chapter 3).
    """
    if min(spans.total, measured.total) < FEWEST_EVENTS or spans.total > SAMPLED_BELOW * measured.total:
        return False
    low, high = sorted((spans.ratio, measured.ratio))
    pooled = (spans.failed + measured.failed) / (spans.total + measured.total)
    error = sqrt(pooled * (1 - pooled) * (1 / spans.total + 1 / measured.total))
    return high > SMALLEST_QUOTIENT * low and high - low > DEVIATIONS * error


@dataclass(frozen=True, slots=True)
class Marked:
    """Spans without a weight that have an attribute of a sampler."""

    key: str
    spans: int

    def sentence(self, service: str) -> str:
        """Return it in words."""
        return (
            f"{service}: {self.spans:,} recent spans have {self.key} of {MARKS[self.key]} and no weight "
            "(ot=th in tracestate), so rates, shares of failures and SLIs from spans count only what it kept"
        )


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Shares of failures that differ between the spans of a service and a metric of all its requests."""

    metric: str
    spans: FailedShare
    measured: FailedShare

    def sentence(self, service: str) -> str:
        """Return it in words."""
        return (
            f"{service}: {self.spans.ratio:.2%} of {self.spans.total:,.0f} server spans failed, but "
            f"{self.measured.ratio:.2%} of {self.measured.total:,.0f} requests in {self.metric}; its spans "
            "are a sample without weights, and figures and SLIs from spans are not those of all requests"
        )


@dataclass(frozen=True, slots=True)
class Warned:
    """What shows that the spans of a service are a sample without weights."""

    service: ServiceId
    label: str
    found: Marked | Disagreement

    @property
    def sentence(self) -> str:
        """Return it in words, with the service's label."""
        return self.found.sentence(self.label)
