"""Every key of the page is in its guide, and the guide names no other.

Why: a key nobody is told of is not used, and one that is told of and does nothing costs trust in the rest.
"""

import re

from tests.lints.source import ROOT

WEB = ROOT / "web/src"
GUIDE = ROOT / "docs/guide/page.md"
NAMED = re.compile(r"(?:event\.key === |\bonKey\()\"([^\"]+)\"")
STEPS = re.compile(r"(?:STEPS: Record<string, number> =|const step =) \{([^}]+)\}")
TABLE = re.compile(r"(\w+): -?1")
ROOM = re.compile(r"name: \"[\w-]+\", key: \"(\w)\"")
ANY_USE = re.compile(r"event\.key\b")
KNOWN_USE = re.compile(r"event\.key === |(?:STEPS|\})\[event\.key\]|key === event\.key")
OF_THE_BROWSER = {"Enter"}
"""Opens the link or presses the button that has the focus; nothing in the page binds it."""


def bound() -> set[str]:
    """Return every key that the page listens to; a room's is `g` and its letter."""
    found = set()
    for path in (*WEB.rglob("*.ts"), *WEB.rglob("*.tsx")):
        text = path.read_text(encoding="utf-8")
        found |= set(NAMED.findall(text))
        found |= {key for table in STEPS.findall(text) for key in TABLE.findall(table)}
    rooms = ROOM.findall((WEB / "app/rooms.ts").read_text(encoding="utf-8"))
    return (found - {"g"}) | {f"g {letter}" for letter in rooms}


def documented() -> set[str]:
    """Return every key that the guide's paragraph on keys names."""
    (paragraph,) = re.findall(
        r"\*\*Keys\.\*\*(.*?)\*\*State\*\*", GUIDE.read_text(encoding="utf-8"), re.DOTALL
    )
    return set(re.findall(r"`([^`]+)`", paragraph))


def test_every_key_is_in_the_guide() -> None:
    """What the page binds and what its guide names are the same keys."""
    assert len(bound()) > 12
    assert documented() == bound() | OF_THE_BROWSER


def test_every_way_a_key_is_bound_is_known_here() -> None:
    """Keys are compared by name or looked up in a table of steps, so that none is bound past this rule."""
    for path in (*WEB.rglob("*.ts"), *WEB.rglob("*.tsx")):
        text = path.read_text(encoding="utf-8")
        assert len(ANY_USE.findall(text)) == len(KNOWN_USE.findall(text)), path
        assert "useHotkeys" not in text, path


def test_the_lint_sees_each_way_to_bind_a_key() -> None:
    """A key compared, one of a table of steps, and a room's letter are met; another way is known as one."""
    assert NAMED.findall('if (event.key === "Escape") close();') == ["Escape"]
    assert NAMED.findall('useKeysOf([onKey("t", open)])') == ["t"]
    (table,) = STEPS.findall("const STEPS: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 };")
    assert TABLE.findall(table) == ["ArrowDown", "ArrowUp"]
    assert ROOM.findall('{ name: "Logs", key: "l" }') == ["l"]
    other = "switch (event.key) {"
    assert len(ANY_USE.findall(other)) != len(KNOWN_USE.findall(other))
