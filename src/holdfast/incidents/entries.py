"""The journal's entries of incidents: what happened, in one sentence, and the reason behind it."""

from dataclasses import replace
from datetime import datetime, timedelta

from holdfast.incidents.grouping import LATELY, WAIT_MOST, Merge, Successor
from holdfast.incidents.model import Episode, Incident, Placing
from holdfast.runtime.journal import Entry

ALERT = "alert"
"""The actor of what no person did."""

_WHY = {
    Placing.NONE_OPEN: "the other incidents are resolved",
    Placing.OTHER_CAUSE: "no open incident has its cause",
    Placing.CAUSE_UNKNOWN: f"its cause was not known within {WAIT_MOST.total_seconds():.0f} s",
    Placing.TOOK_OVER: "its alert goes on with another cause",
    Placing.CAUSE_LATE: f"its cause was not known within {WAIT_MOST.total_seconds():.0f} s",
}


_MINUTES = LATELY // timedelta(minutes=1)


def reason_of(episode: Episode) -> str:
    """Return why an episode is in its incident: `joined because both fail at payline`, or nothing."""
    at_party = f"both fail at {episode.cause.words}" if episode.cause is not None else "both have one cause"
    if episode.merged_from is not None:
        return f"merged from incident {episode.merged_from} because {at_party}"
    return (
        f"joined because {at_party}" if episode.placed is Placing.SAME_CAUSE else _WHY.get(episode.placed, "")
    )


def reference(number: int) -> str:
    """Return how entries and alerts refer to an incident."""
    return f"incident/{number}"


def number_in(referred: str) -> int | None:
    """Return the number of the incident that is referred to, None if it is something else."""
    kind, _, number = referred.partition("/")
    return int(number) if kind == "incident" and number.isdecimal() else None


def opened(episode: Episode, number: int, reason: Placing, at: datetime) -> Entry:
    """Return that an episode opened its own incident, and why it joined none."""
    cause = f", fails at {episode.cause.words}" if episode.cause is not None else ""
    why = f"; {_WHY[reason]}" if reason in _WHY else ""
    words = f"Incident {number} opened from “{episode.objective_display_name}”{cause}{why}"
    return _entry("incident.opened", episode, number, at, words, reason)


def joined(episode: Episode, into: Incident, at: datetime) -> Entry:
    """Return that an episode joined an incident, and why."""
    words = f"{episode.objective_display_name}: {reason_of(replace(episode, placed=Placing.SAME_CAUSE))}"
    return _entry("incident.joined", episode, into.id, at, words, Placing.SAME_CAUSE)


def objective_resolved(episode: Episode, number: int, others: int, at: datetime) -> Entry:
    """Return that an objective is resolved while others of its incident still burn."""
    still = "1 other objective still burns" if others == 1 else f"{others} other objectives still burn"
    words = f"{episode.objective_display_name} resolved; {still}"
    return _entry("incident.objective_resolved", episode, number, at, words)


def resolved(episode: Episode, number: int, at: datetime) -> Entry:
    """Return that an incident is over because no page alert of it fires any more."""
    words = f"Incident {number} resolved: no page-tier alert fires any more"
    return _entry("incident.resolved", episode, number, at, words)


def moved_on(episode: Episode, number: int, moved_to: int, found: Successor, at: datetime) -> Entry:
    """Return that an incident is over although its alert fires: it goes on in another."""
    words = f"Incident {number} resolved: its alert goes on in incident {moved_to}, at {found.party.words}"
    said = _entry("incident.resolved", episode, number, at, words)
    return replace(said, data={**said.data, "moved_to": moved_to})


def shifted(episode: Episode, number: int, found: Successor, at: datetime) -> Entry:
    """Return that most events fail at another party than the cause by now, which still fails too."""
    cause = f"; some still fail at {episode.cause.words}" if episode.cause is not None else ""
    name = episode.objective_display_name
    words = f"{name}: most bad {episode.events} now fail at {found.party.words}{cause}"
    return _succession("incident.shifted", episode, number, found, at, words)


def taken_over(episode: Episode, number: int, found: Successor, at: datetime) -> Entry:
    """Return that an episode is over although its alert fires: what fails now fails at another party."""
    cause = episode.cause.words if episode.cause is not None else "its cause"
    words = (
        f"{episode.objective_display_name}: nothing failed at {cause} in the last {_MINUTES} minutes; "
        f"bad {episode.events} now fail at {found.party.words}"
    )
    return _succession("incident.taken_over", episode, number, found, at, words)


def merged(merge: Merge, newer: Incident, at: datetime) -> Entry:
    """Return that an incident was merged into an older one; both timelines show it."""
    words = f"Incident {newer.id} merged into incident {merge.into.id}: both fail at {merge.cause.words}"
    data = {
        "objective": newer.first.objective,
        "merged_into": merge.into.id,
        "cause": merge.cause.party,
        "environment": merge.cause.environment,
        "reason": Placing.SAME_CAUSE.value,
    }
    return Entry(at, "incident.merged", ALERT, reference(newer.id), words, reference(newer.id), data)


def _succession(
    kind: str, episode: Episode, number: int, found: Successor, at: datetime, words: str
) -> Entry:
    data = {
        "objective": episode.objective,
        "party": found.party.party,
        "environment": found.party.environment,
    }
    return Entry(at, kind, ALERT, f"objective/{episode.objective}", words, reference(number), data)


def _entry(
    kind: str, episode: Episode, number: int, at: datetime, words: str, reason: Placing | None = None
) -> Entry:
    data: dict[str, object] = {"objective": episode.objective}
    if reason is not None:
        cause = episode.cause
        data |= {
            "reason": reason.value,
            "cause": None if cause is None else cause.party,
            "fired_at": episode.fired_at.isoformat(),
        }
    return Entry(at, kind, ALERT, f"objective/{episode.objective}", words, reference(number), data)
