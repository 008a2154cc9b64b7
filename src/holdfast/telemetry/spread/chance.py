"""How likely a part fails as often as it does if all parts fail alike: Fisher's exact test. Pure.

Given how many of all requests failed, the failures of one part follow the hypergeometric distribution if the
part has nothing to do with failing (R. A. Fisher, "The Design of Experiments", 1935, chapter 2). The tail is
exact at small counts, where a normal approximation is worst.
"""

from dataclasses import dataclass
from math import exp, lgamma

_NEGLIGIBLE = 1e-17


@dataclass(frozen=True, slots=True)
class Drawn:
    """The `failed` ones of a part's `requests`, and those of all parts together."""

    failed: int
    requests: int
    all_failed: int
    all_requests: int

    @property
    def others(self) -> "Drawn":
        """The same question asked of all other parts together."""
        return Drawn(
            self.all_failed - self.failed,
            self.all_requests - self.requests,
            self.all_failed,
            self.all_requests,
        )

    @property
    def expected(self) -> float:
        """The failures it would have if all parts failed alike."""
        return self.requests * self.all_failed / self.all_requests


def at_least(drawn: Drawn) -> float:
    """Return the chance that the part has as many failures, or more."""
    if drawn.failed <= drawn.expected:
        # Summed from the far end there are few terms on either side of the expected number.
        return 1.0 - _tail(Drawn(drawn.failed - 1, *_margins(drawn)).others)
    return _tail(drawn)


def at_most(drawn: Drawn) -> float:
    """Return the chance that the part has as few failures, or fewer."""
    return at_least(drawn.others)


def _margins(drawn: Drawn) -> tuple[int, int, int]:
    return drawn.requests, drawn.all_failed, drawn.all_requests


def _tail(drawn: Drawn) -> float:
    """Sum the probabilities of the failures and more; each is the one before by a ratio that falls."""
    requests, all_failed, all_requests = _margins(drawn)
    most, good_elsewhere = min(all_failed, requests), all_requests - all_failed - requests
    if drawn.failed > most:
        return 0.0
    one = total = exp(_log_probability(drawn))
    for failed in range(drawn.failed, most):
        one *= (all_failed - failed) * (requests - failed) / ((failed + 1) * (good_elsewhere + failed + 1))
        total += one
        if one < total * _NEGLIGIBLE:
            break
    return min(1.0, total)


def _log_probability(drawn: Drawn) -> float:
    return (
        _log_ways(drawn.all_failed, drawn.failed)
        + _log_ways(drawn.all_requests - drawn.all_failed, drawn.requests - drawn.failed)
        - _log_ways(drawn.all_requests, drawn.requests)
    )


def _log_ways(things: int, chosen: int) -> float:
    """Return the logarithm of the number of ways to choose among things."""
    return lgamma(things + 1) - lgamma(chosen + 1) - lgamma(things - chosen + 1)
