"""What is wrong with a store or provider by the calls that came to it, as its callers saw them. Pure.

The rule is that of services (`services.trouble`): significantly more than one call in a hundred fails.
"""

from holdfast.runtime import figures
from holdfast.telemetry.servicemap.model import Handled
from holdfast.telemetry.services.trouble import Now, ServiceTrouble, TroubleKind, is_failing


def trouble_of(handled: Handled) -> ServiceTrouble:
    """Return whether the calls to a party fail, with their counts; nothing is slow without a usual."""
    failed = handled.errors + handled.proxy_errors
    if is_failing(Now(handled.calls, failed, handled.latency.p99_seconds), None):
        words = f"{figures.count(failed)} of {figures.count(handled.calls)} calls fail"
        return ServiceTrouble(TroubleKind.FAILING, words)
    return ServiceTrouble(TroubleKind.USUAL, "as usual")
