"""Mines templates with Drain. Pure: the same lines give the same templates.

Numbers, addresses and ids are masked first, so that they never split a template; Drain finds other variable
words itself and writes them as `<*>`.
"""

import re
from collections.abc import Iterable

from drain3.drain import Drain

from holdfast.telemetry.logs.templates import BODY_MOST, Sampled, Template

TEMPLATES_MOST = 2_000
"""Most templates; beyond it the least recently matched one is dropped."""

_HEX = "[0-9A-Fa-f]"
_APART = "(?<![0-9A-Za-z])"
_VARYING = re.compile(
    rf"{_APART}(?:(?P<uuid>{_HEX}{{8}}-(?:{_HEX}{{4}}-){{3}}{_HEX}{{12}}(?![0-9A-Za-z]))"
    r"|(?P<ip>(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?(?![0-9A-Za-z]))"
    rf"|(?P<hex>(?:0x)?(?={_HEX}*\d){_HEX}{{8,}}(?![0-9A-Za-z]))"
    r"|(?P<num>\d+(?:\.\d+)?))"
)


def masked(body: str) -> str:
    """Return a line with its ids, addresses and numbers replaced by `<uuid>`, `<ip>`, `<hex>` and `<num>`."""
    return _VARYING.sub(lambda found: f"<{found.lastgroup}>", body)


def mine(lines: Iterable[Sampled]) -> list[Template]:
    """Return the templates of these lines, given in order of time, without those only found before."""
    tree = Drain(depth=4, sim_th=0.5, max_children=100, max_clusters=TEMPLATES_MOST, param_str="<*>")
    templates: dict[int, Template] = {}
    # Most lines differ only in masked parts: the tree is searched once for all of those.
    known: dict[str, Template] = {}
    for line in lines:
        text = masked(line.body[:BODY_MOST])
        template = known.get(text)
        if template is None:
            cluster, _ = tree.add_log_message(text)
            template = known[text] = templates.setdefault(cluster.cluster_id, Template(""))
            template.text = cluster.get_template()
        _add(template, line)
    return [template for template in templates.values() if template.found]


def _add(template: Template, line: Sampled) -> None:
    if line.is_before:
        template.before += 1
        return
    if not template.found:
        template.first_nanoseconds, template.example = line.at_nanoseconds, line.body
    template.found[line.weight_class] = template.found.get(line.weight_class, 0) + 1
    template.last_nanoseconds = max(template.last_nanoseconds, line.at_nanoseconds)
    template.level = max(template.level, line.level)
    template.services[line.service] = template.services.get(line.service, 0) + 1
    template.instants.append((line.at_nanoseconds, line.weight_class))
