"""Log lines about single peers: each peer is named at most once a minute, and few are remembered."""

import logging
import threading
from collections import OrderedDict

from holdfast.runtime.clock import Clock

log = logging.getLogger(__name__)

EVERY_SECONDS = 60.0
PEERS_MOST = 256
"""Peers remembered. While that many were named within the minute, others are counted and not named."""
UNKNOWN = "an unknown address"
"""Shown for a connection whose peer the system no longer names."""


class PeerNotices:
    """Reports what is wrong with a peer's connections, by its address; any thread may call it.

    A peer sends its request again and again, and so does a port scanner: neither fills the log.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._named: OrderedDict[str, float] = OrderedDict()
        self._unnamed = 0

    def note(self, peer: str | None, sentence: str) -> bool:
        """Log `sentence` behind the peer's address, unless it was named lately; return whether it was."""
        name = peer or UNKNOWN
        with self._lock:
            now = self._clock.monotonic_seconds()
            self._forget(now)
            if name in self._named:
                return False
            if len(self._named) >= PEERS_MOST:
                self._unnamed += 1
                return False
            self._named[name] = now
            others, self._unnamed = self._unnamed, 0
        more = f" ({others} connections of more peers were not named)" if others else ""
        log.warning("%s %s%s", name, sentence, more, extra={"of_kind": name})
        return True

    def _forget(self, now: float) -> None:
        while self._named and now - next(iter(self._named.values())) >= EVERY_SECONDS:
            self._named.popitem(last=False)
