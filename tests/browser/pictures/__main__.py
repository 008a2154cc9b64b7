"""Takes the pictures of the documents again: `make screenshots`, or one part with `--only page|demo`."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from tests.lints.source import ROOT

from . import faults, page, sheets
from .camera import Camera, camera

IMAGES = ROOT / "docs/images"


def main() -> None:
    """Take the pictures of the page and its sheets from the fake server, then those of the demo's faults."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=["page", "sheets", "demo"], help="demo: half an hour")
    parser.add_argument("--to", type=Path, default=IMAGES, help="folder of the pictures")
    parser.add_argument("--first-port", type=int, default=7070, help="the demo takes sixty ports from it on")
    parser.add_argument(
        "--fault", action="append", default=[], help="only this fault of the demo; repeatable"
    )
    options = parser.parse_args()
    with camera(options.to) as opened:
        if options.only in (None, "page"):
            page.take(opened)
        if options.only in (None, "sheets"):
            sheets.take(Camera(opened.browser, sheets.SHEETS))
        if options.only in (None, "demo"):
            with tempfile.TemporaryDirectory() as data:
                faults.take(opened, Path(data), first_port=options.first_port, chosen=options.fault)


if __name__ == "__main__":
    main()
