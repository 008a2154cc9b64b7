"""What is wrong with a service, by its requests, by its silence, and as its callers see it. Pure.

One rule for the list, the service, and for who is idle because it fails.
"""

from holdfast.telemetry.services.failed_before import FailedBefore, with_callers_view
from holdfast.telemetry.services.silence import Silence
from holdfast.telemetry.services.trouble import Now, ServiceTrouble, judge, with_silence
from holdfast.telemetry.services.usual import Usual


def judged(
    now: Now,
    usual: Usual | None,
    quiet: Silence,
    before: FailedBefore | None,
    *,
    until_epoch: int,
    burns: bool = False,
) -> ServiceTrouble:
    """Return the worst that is wrong with a service at an instant."""
    own = judge(now, usual, burns=burns)
    return with_callers_view(with_silence(own, is_silent=quiet.is_whole_at(until_epoch)), before)
