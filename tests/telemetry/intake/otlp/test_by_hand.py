"""The requests by hand in `docs/reference/otlp.md` are accepted as written there."""

import re
import subprocess
from pathlib import Path

from tests.lints.source import ROOT
from tests.telemetry.serving import serving

DOCUMENT = (ROOT / "docs/reference/otlp.md").read_text()
TAKEN = '{"partialSuccess": {}}'
USUAL = "http://127.0.0.1:4318"


def test_the_samples_are_taken_as_written(tmp_path: Path) -> None:
    """Each block runs in a shell, only its address changed, and all it sends is stored without a remark."""
    blocks = re.findall(r"^```bash\n(.*?)^```", DOCUMENT, flags=re.MULTILINE | re.DOTALL)
    requests = sum(block.count("curl ") for block in blocks)
    with serving(tmp_path) as intake:
        for block in blocks:
            assert USUAL in block
            assert TAKEN in DOCUMENT
            script = block.replace(USUAL, intake.url)
            done = subprocess.run(["bash", "-euc", script], capture_output=True, text=True, timeout=60)
            assert (done.returncode, done.stderr) == (0, "")
            assert done.stdout == TAKEN * block.count("curl ")
        intake.drained()
        assert requests == 3
        assert intake.service.status().accepted == {"logs": 2, "metrics": 1, "traces": 1}
        assert intake.warehouse.span_names() == ["GET /cart"]
