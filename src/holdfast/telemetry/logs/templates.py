"""What lines have in common: templates, mined with Drain. Pure: the same lines give the same templates.

Numbers, addresses and ids are masked first, so that they never make two templates of one; what else varies
Drain finds by itself and writes as `<*>`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from drain3.drain import Drain
from drain3.masking import LogMasker, MaskingInstruction

TEMPLATES_MOST = 2_000
"""Beyond, the template that was met least recently is forgotten."""

BODY_MOST = 500
"""Characters of a line that are looked at: stack traces differ long after they have told what they are."""

QUERY_WORDS_MOST = 12

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
_HOLE = re.compile(r"[0-9A-Za-z\u0080-\U0010ffff]*<(?:\*|uuid|ip|hex|num)>[0-9A-Za-z\u0080-\U0010ffff]*")
_WORD = re.compile(r"[0-9a-z\u0080-\U0010ffff]+")


@dataclass(frozen=True, slots=True)
class Sampled:
    """A line that was looked at; `weight_class` names the part of the sample it is of."""

    at_nanoseconds: int
    level: int
    service: str
    body: str
    weight_class: int
    is_before: bool = False


@dataclass(slots=True)
class Template:
    """Lines that say the same: `found` of the range by part of the sample, and how many `before` it."""

    text: str
    example: str = ""
    found: dict[int, int] = field(default_factory=dict)
    before: int = 0
    first_nanoseconds: int = 0
    last_nanoseconds: int = 0
    level: int = 0
    services: dict[str, int] = field(default_factory=dict)
    instants: list[tuple[int, int]] = field(default_factory=list)


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


def query_of(template: str) -> str:
    """Return the search text that finds every line of a template: its whole words outside of its holes.

    Empty if it has none. Other lines may hold the same words.
    """
    words = dict.fromkeys(_WORD.findall(_HOLE.sub(" ", template).lower()))
    longest = sorted(words, key=len, reverse=True)[:QUERY_WORDS_MOST]
    return " ".join(word for word in words if word in longest)
