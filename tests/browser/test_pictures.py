"""The documents show what `make screenshots` takes, all of it and nothing else."""

from __future__ import annotations

import re

from tests.lints.source import ROOT

from .pictures import faults, page, sheets

DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]


def _taken() -> list[str]:
    return [*(view.name for views in page.SCENARIOS.values() for view in views), *faults.NAMES]


def test_the_command_takes_every_picture_there_is() -> None:
    """No picture is left over, made by hand, or missing."""
    taken = _taken()
    assert len(taken) == len(set(taken))
    assert {path.stem for path in (ROOT / "docs/images").glob("*.png")} == set(taken)


def test_documents_show_every_picture() -> None:
    """A picture that no document shows is looked at by nobody, and one that is missing leaves a hole."""
    shown = re.findall(
        r"!\[[^]]+\]\([\w./-]*images/([\w-]+)\.png\)", "".join(one.read_text() for one in DOCUMENTS)
    )
    assert set(shown) == set(_taken())


def test_every_fault_of_the_demo_has_its_picture() -> None:
    """The guide shows each fault that the demo lists."""
    guide = (ROOT / "docs/guide/demo.md").read_text()
    assert {one.fault for one in faults.FAULTS} == set(
        re.findall(r"^\| `([\w-]+)` \|", guide, flags=re.MULTILINE)
    )


def test_every_drawing_of_a_page_is_beside_it() -> None:
    """A sheet's drawing is in `docs/page/drawings`, in both schemes, and no drawing is unused."""
    used = {f"{one.drawing}-{theme}" for one in sheets.PAGES if one.drawing for theme in sheets.THEMES}
    assert {path.stem for path in sheets.DRAWINGS.glob("*.jpg")} == used
