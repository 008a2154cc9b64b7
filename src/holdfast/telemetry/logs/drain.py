"""Mines templates with Drain. Pure: the same lines give the same templates.

Numbers, addresses and ids are masked first, so that they never make two templates of one; what else varies
Drain finds by itself and writes as `<*>`.
"""

from collections.abc import Iterable

from drain3.drain import Drain
from drain3.masking import LogMasker, MaskingInstruction

from holdfast.telemetry.logs.templates import BODY_MOST, Sampled, Template

TEMPLATES_MOST = 2_000
"""Beyond, the template that was met least recently is forgotten."""

_HEX = "[0-9A-Fa-f]"
_MASKER = LogMasker(
    [
        MaskingInstruction(
            rf"(?<![0-9A-Za-z]){_HEX}{{8}}-(?:{_HEX}{{4}}-){{3}}{_HEX}{{12}}(?![0-9A-Za-z])", "uuid"
        ),
        MaskingInstruction(r"(?<![0-9A-Za-z])(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?(?![0-9A-Za-z])", "ip"),
        MaskingInstruction(rf"(?<![0-9A-Za-z])(?:0x)?(?={_HEX}*\d){_HEX}{{8,}}(?![0-9A-Za-z])", "hex"),
        MaskingInstruction(r"(?<![0-9A-Za-z])\d+(?:\.\d+)?", "num"),
    ],
    "<",
    ">",
)


def mine(lines: Iterable[Sampled]) -> list[Template]:
    """Return the templates of these lines, given in order of time; those met only before are left out."""
    tree = Drain(depth=4, sim_th=0.5, max_children=100, max_clusters=TEMPLATES_MOST, param_str="<*>")
    templates: dict[int, Template] = {}
    for line in lines:
        cluster, _ = tree.add_log_message(_MASKER.mask(line.body[:BODY_MOST]))
        template = templates.setdefault(cluster.cluster_id, Template(""))
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
