"""Who may send telemetry: decided from memory for every request, in step with the stored tokens.

On loopback anybody may, until the first ingest token exists; beyond loopback an ingest token is needed from
the start. A person's token is not accepted, so that none ends up in the settings of a workload.
"""

import logging
import threading

from holdfast.runtime.access import Access, Role, Token, hash_secret
from holdfast.runtime.clock import Clock
from holdfast.runtime.errors import Forbidden, HoldfastError, Unauthenticated
from holdfast.runtime.interval_counter import IntervalCounter

log = logging.getLogger(__name__)

REFRESH_SECONDS = 2.0
SAID_SECONDS = 60.0
"""Wrong tokens of senders are logged at most once in this time."""
_HOW = (
    "send `Authorization: Bearer TOKEN`; `holdfast access token create --role ingest` on the server makes one"
)


class IngestGate:
    """Authorises senders; lives as long as the process.

    While the database is unavailable, the tokens known last still count.
    """

    def __init__(self, access: Access, clock: Clock, *, listens_beyond_loopback: bool) -> None:
        self._access = access
        self._clock = clock
        self._always_asks = listens_beyond_loopback
        self._tokens: dict[str, Token] = {}
        self._used: dict[str, Token] = {}
        self._refused = 0
        self._said = IntervalCounter(clock, SAID_SECONDS)

    def __call__(self, secret: str | None) -> Unauthenticated | Forbidden | None:
        """Return why the holder of `secret` may not send, or None if they may."""
        if secret is None:
            return Unauthenticated(f"telemetry needs an ingest token here: {_HOW}") if self.asks else None
        hashed = hash_secret(secret)
        token = self._tokens.get(hashed)
        if self.asks and (token is None or token.role is not Role.INGEST):
            self._refused += 1
        if token is None:
            # Without any ingest token a stray header is ignored, as by other OTLP receivers.
            return Unauthenticated(f"this token is unknown or revoked: {_HOW}") if self.asks else None
        if token.role is not Role.INGEST:
            return Forbidden(
                f"{token.name} is a person's token ({token.role}), and telemetry needs an ingest token",
                value=token.role.value,
                rule="role ingest",
            )
        self._used[hashed] = token
        return None

    @property
    def asks(self) -> bool:
        """Whether senders need a token."""
        return self._always_asks or any(token.role is Role.INGEST for token in self._tokens.values())

    def refresh(self) -> None:
        """Reload the tokens, and note which were used since the last time."""
        used, self._used = self._used, {}
        self._tokens = self._access.active_tokens()
        for hashed in used.keys() & self._tokens.keys():
            self._access.note_use(self._tokens[hashed])
        if self._refused and self._said.count == 0:
            self._said.add()
            log.warning("%d requests of senders came with a wrong token since the last report", self._refused)
            self._refused = 0

    def run(self, stop: threading.Event) -> None:
        """Reload the tokens until `stop` is set."""
        while not self._clock.wait(stop, REFRESH_SECONDS):
            try:
                self.refresh()
            except HoldfastError as error:
                log.warning("tokens of senders were not looked up: %s", error.detail)
