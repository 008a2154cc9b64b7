"""Golden files: what a program prints, kept word for word; `make golden` writes them anew."""

import os
from pathlib import Path

GOLDEN = Path(__file__).parent / "golden"


def same_as_golden(name: str, text: str) -> None:
    """Compare with a golden file; `HOLDFAST_GOLDEN=write` writes it anew."""
    path = GOLDEN / name
    if os.environ.get("HOLDFAST_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
