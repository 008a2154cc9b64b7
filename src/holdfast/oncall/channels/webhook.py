"""A webhook: the letter as JSON, timestamped, under a key that stays the same when sent again.

With a secret it is signed, without one it is not: HMAC-SHA256 over `TIMESTAMP.BODY`, as `sha256=HEX` in
`Holdfast-Signature`. The timestamp, in seconds, is in `Holdfast-Timestamp`; a receiver refuses one that is
older than a few minutes.
"""

import hashlib
import hmac
import json
from datetime import timedelta

import httpx

from holdfast.oncall.channels.outgoing import Refused, Resolver, checked
from holdfast.oncall.channels.protocol import Letter
from holdfast.oncall.pages.delivery import ProviderAnswer, ProviderReply
from holdfast.runtime.clock import Clock

TIMEOUT_SECONDS = 10.0
TOO_MANY, SERVER_FAULT = 429, 500
PATIENCE_MOST = timedelta(minutes=10)


class Webhook:
    """Posts letters to addresses of the catalog; lives as long as the process."""

    def __init__(self, clock: Clock, resolver: Resolver, *, secret: bytes | None) -> None:
        self._clock = clock
        self._resolver = resolver
        self._secret = secret
        # It follows no redirects: where it may go was checked before. It takes no proxy from the environment.
        self._client = httpx.Client(trust_env=False)

    def send(self, address: str, letter: Letter) -> ProviderReply:
        """Post one letter and return what the receiver said."""
        timestamp = str(int(self._clock.now().timestamp()))
        body = json.dumps(document(letter), ensure_ascii=False).encode()
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": letter.key,
            "Holdfast-Timestamp": timestamp,
        }
        if self._secret is not None:
            headers["Holdfast-Signature"] = signature(self._secret, timestamp, body)
        try:
            # The address that was checked is the one that is called: a name may answer otherwise next time.
            host, url = checked(address, self._resolver)[0], httpx.URL(address)
            answer = self._client.post(
                url.copy_with(host=host),
                content=body,
                headers={**headers, "Host": url.netloc.decode("ascii")},
                timeout=TIMEOUT_SECONDS,
                extensions={"sni_hostname": url.host},
            )
        except (Refused, httpx.InvalidURL) as error:
            return ProviderReply(ProviderAnswer.REFUSED, str(error))
        except httpx.HTTPError as error:
            return ProviderReply(ProviderAnswer.NO_ANSWER, f"{type(error).__name__}: {error}")
        return _reply(answer)


def document(letter: Letter) -> dict[str, object]:
    """Return a letter as a receiver gets it."""
    return {
        "key": letter.key,
        "to": letter.to,
        "title": letter.subject,
        "lines": list(letter.lines),
        "urgent": letter.is_urgent,
        "acknowledge_url": letter.answer_url,
        "url": letter.url,
        "runbook": letter.runbook,
    }


def signature(secret: bytes, timestamp: str, body: bytes) -> str:
    """Return the signature of a body at a time."""
    return "sha256=" + hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _reply(answer: httpx.Response) -> ProviderReply:
    words = f"{answer.status_code} {answer.reason_phrase}"
    if answer.is_success:
        return ProviderReply(ProviderAnswer.ACCEPTED, words)
    if answer.status_code == TOO_MANY:
        return ProviderReply(ProviderAnswer.THROTTLED, words, patience(answer.headers.get("retry-after")))
    return ProviderReply(
        ProviderAnswer.FAULT if answer.status_code >= SERVER_FAULT else ProviderAnswer.REFUSED, words
    )


def patience(retry_after: str | None) -> timedelta | None:
    """Return the seconds a Retry-After header asks for, None if it has none (a date is not waited for)."""
    if retry_after is None or not (retry_after.isascii() and retry_after.isdigit()):
        return None
    return min(timedelta(seconds=min(int(retry_after), 10**6)), PATIENCE_MOST)
