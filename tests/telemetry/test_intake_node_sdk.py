"""What the OpenTelemetry SDK for Node exports arrives, by every exporter it has."""

import shutil
import subprocess
from pathlib import Path

import pytest
from tests.telemetry.serving import serving

HERE = Path(__file__).parent / "node_sdk"


@pytest.mark.skipif(
    not (HERE / "node_modules").is_dir() or shutil.which("node") is None,
    reason="needs Node and `npm install` in tests/telemetry/node_sdk",
)
def test_node_sdk(tmp_path):
    """Spans by JSON, gzip, protobuf and gRPC, and metrics by JSON, arrive with no setting but the address."""
    with serving(tmp_path) as intake:
        sent = subprocess.run(
            ["node", "send.js", intake.url, intake.grpc_address],
            cwd=HERE,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (sent.returncode, sent.stderr) == (0, "")
        intake.drained()
        assert sorted(intake.warehouse.span_names()) == ["grpc", "gzip", "json", "protobuf"]
        assert intake.service.status().accepted == {"metrics": 2, "traces": 4}
        assert intake.service.status().rejected_total == 0
