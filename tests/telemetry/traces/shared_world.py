"""Generated traces as two senders send them: with an id for every span, and with ids shared as B3 does it."""

from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st

from holdfast.telemetry.traces.model import Span

SERVICES = ("cart", "pay", "mail")
MS = 1_000_000
_PROXY = (("component", "proxy"), ("upstream_cluster", "outbound|80||pay"))
_INBOUND = (("component", "proxy"), ("upstream_cluster", "inbound|80||"))


@dataclass(frozen=True)
class Sent:
    """One trace sent twice. `own_ids` holds what each span of `distinct` is called once `shared` is apart."""

    distinct: tuple[Span, ...]
    shared: tuple[Span, ...]
    own_ids: dict[str, str]


@st.composite
def sent(draw: Any) -> Sent:
    """Draw a trace whose calls pass a caller, up to two proxies and a callee, any of which share an id."""
    world = _World(draw)
    world.work(draw(st.sampled_from(SERVICES)), "", 0, 3)
    order = draw(st.permutations(range(len(world.spans))))
    shared = [_as_sent(span, world.ids) for span in world.spans]
    return Sent(
        tuple(world.spans[place] for place in order), tuple(shared[place] for place in order), world.own_ids
    )


def _as_sent(span: Span, ids: dict[str, tuple[str, str]]) -> Span:
    """Return a span with its shared id and the parent that all with this id have."""
    span_id, parent = ids.get(span.span_id, (span.span_id, span.parent_span_id))
    return replace(span, span_id=span_id, parent_span_id=ids.get(parent, (parent, ""))[0])


class _World:
    """A trace under construction: spans with distinct ids, and the id and parent each is sent with."""

    def __init__(self, draw: Any) -> None:
        self._draw = draw
        self.spans: list[Span] = []
        self.ids: dict[str, tuple[str, str]] = {}
        self.own_ids: dict[str, str] = {}

    def work(self, service: str, parent: str, at: int, depth: int) -> None:
        """Add what a service does below a span: some work of its own, some calls."""
        for number in range(self._draw(st.integers(1 if depth == 3 else 0, 2))):
            if depth and self._draw(st.booleans()):
                self._call(service, parent, at + number, depth)
            else:
                self._add(service, "internal", parent, at + number)

    def _call(self, service: str, parent: str, at: int, depth: int) -> None:
        callee = self._draw(st.sampled_from(SERVICES))
        kinds = self._draw(st.sampled_from([("client", "server"), ("producer", "consumer")]))
        ends = [(service, kinds[0], ()), ("envoy-out", "client", _PROXY), ("envoy-in", "server", _INBOUND)]
        passed = [ends[0], *(end for end in ends[1:] if self._draw(st.integers(0, 3)) == 0)]
        passed += [(callee, kinds[1], ())] if self._draw(st.integers(0, 5)) else []
        made = [parent]
        for number, (of, kind, attributes) in enumerate(passed):
            made.append(self._add(of, kind, made[-1], at + number, attributes))
        self._share(made[1:], parent)
        if callee != service and self._draw(st.booleans()):
            self._add(service, "internal", made[1], at + 1)
        if passed[-1][1] == kinds[1] and len(passed) > 1 and not passed[-1][2]:
            self.work(callee, made[-1], at + len(passed), depth - 1)

    def _share(self, made: list[str], parent: str) -> None:
        """Let the spans of one call share ids: each goes on with the one before, or has its own."""
        runs = [[made[0]]]
        for one in made[1:]:
            if self._draw(st.booleans()):
                runs[-1].append(one)
            else:
                runs.append([one])
        for number, run in enumerate(runs):
            above = runs[number - 1][0] if number else parent
            for one in run:
                self.ids[one] = (run[0], above)
                self.own_ids[one] = run[0] if one == run[-1] else f"{run[0]}-{self._place(one)}"

    def _place(self, span_id: str) -> str:
        span = self.spans[int(span_id, 16) - 1]
        return {"envoy-out": "proxy", "envoy-in": "inbound"}.get(span.service, "caller")

    def _add(self, service: str, kind: str, parent: str, at: int, attributes: Any = ()) -> str:
        span_id = f"{len(self.spans) + 1:016x}"
        self.spans.append(
            Span(
                trace_id="7" * 32,
                span_id=span_id,
                parent_span_id=parent,
                service=service,
                operation=self._draw(st.sampled_from(["GET /a", "GET /b"])),
                kind=kind,
                zone="",
                version="",
                start_nanoseconds=at * MS,
                duration_nanoseconds=self._draw(st.sampled_from([1, 5, 20])) * MS,
                status=self._draw(st.sampled_from(["Unset", "Unset", "Error"])),
                message="",
                attributes=attributes,
            )
        )
        self.own_ids[span_id] = span_id
        return span_id
