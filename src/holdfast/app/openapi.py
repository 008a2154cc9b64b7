"""`python -m holdfast.app.openapi FILE` writes the API's description, from a server without engines."""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from holdfast.app import compose, fakes, http_app
from holdfast.app.page_files import PageFiles
from holdfast.app.readiness import Readiness
from holdfast.runtime.clock import SystemClock
from holdfast.runtime.settings import Settings


def description() -> dict[str, Any]:
    """Return the OpenAPI document of this version."""
    with tempfile.TemporaryDirectory() as directory:
        settings, clock = Settings(data=Path(directory)), SystemClock()
        with fakes.opened(settings) as engines:
            made = compose.services(settings, clock, engines)
            return http_app.document(compose.app(made, Readiness({}), PageFiles({}), settings, clock))


def text() -> str:
    """Return the document as its file has it."""
    return json.dumps(description(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(text(), encoding="utf-8")
