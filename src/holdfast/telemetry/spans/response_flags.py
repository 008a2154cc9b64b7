"""Envoy's response flags: why a proxy ended a call itself, in words. Pure.

Source: Envoy's documentation, "Access logging", `%RESPONSE_FLAGS%`. Istio and other meshes on Envoy write the
same.
"""

from collections.abc import Mapping
from dataclasses import dataclass

KEY = "response_flags"


@dataclass(frozen=True, slots=True)
class ResponseFlag:
    """What a flag says: its words, and whether the call `reached` the callee or may have.

    `fails` is false where the proxy did not fail the call. `is_own` says that the proxy ended the call for
    reasons of its own, whoever it was for.
    """

    words: str
    reached: bool = False
    fails: bool = True
    is_own: bool = False


FLAGS: Mapping[str, ResponseFlag] = {
    "UH": ResponseFlag("no healthy host"),
    "UF": ResponseFlag("connection failed"),
    "UO": ResponseFlag("overflow: too many calls at once"),
    "NR": ResponseFlag("no route", is_own=True),
    "URX": ResponseFlag("retries used up", reached=True),
    "NC": ResponseFlag("no such cluster"),
    "UT": ResponseFlag("timed out in the mesh", reached=True),
    "LH": ResponseFlag("health check failed"),
    "LR": ResponseFlag("connection reset by the mesh", reached=True),
    "UR": ResponseFlag("connection reset", reached=True),
    "UC": ResponseFlag("connection closed", reached=True),
    "FI": ResponseFlag("fault injected", is_own=True),
    "RL": ResponseFlag("rate limit of the mesh", is_own=True),
    "UAEX": ResponseFlag("denied by the mesh's authorization", is_own=True),
    "RLSE": ResponseFlag("rate limit service failed", is_own=True),
    "SI": ResponseFlag("stream idle for too long", reached=True),
    "IH": ResponseFlag("invalid header", is_own=True),
    "DPE": ResponseFlag("protocol error of the caller", is_own=True),
    "UMSDR": ResponseFlag("stream open for too long", reached=True),
    "RFCF": ResponseFlag("answered by the mesh's cache"),
    "NFCF": ResponseFlag("no filter configuration"),
    "DT": ResponseFlag("call took longer than the mesh allows", reached=True),
    "UPE": ResponseFlag("protocol error", reached=True),
    "OM": ResponseFlag("the mesh is overloaded", is_own=True),
    "DF": ResponseFlag("name not resolved"),
    "DO": ResponseFlag("dropped: overload"),
    "DR_OVERLOAD": ResponseFlag("dropped: overload"),
    "DC": ResponseFlag("caller left", reached=True, fails=False),
    "DR": ResponseFlag("caller reset the call", reached=True, fails=False),
    "DI": ResponseFlag("delay injected", reached=True, fails=False),
}

FAILING = tuple(name for name, flag in FLAGS.items() if flag.fails)
"""Flags that mean the proxy, not the application, failed the call."""


def where(party: str, *, is_before: bool) -> str:
    """Return where a call failed: at a party, or in the mesh before it, which the party never saw."""
    return f"mesh before {party}" if is_before else party


def in_words(flags: str) -> str:
    """Return the flags of a span in words, those that nobody has words for as they are; empty for none."""
    named = [FLAGS[one].words if one in FLAGS else one for one in flags.split(",") if one not in ("", "-")]
    return ", ".join(named)


def flag_of(attributes: Mapping[str, str]) -> ResponseFlag | None:
    """Return the flag by which a proxy failed a call itself, None if it did not; of several the first."""
    known = (FLAGS.get(one) for one in attributes.get(KEY, "").split(","))
    return next((flag for flag in known if flag is not None and flag.fails), None)
