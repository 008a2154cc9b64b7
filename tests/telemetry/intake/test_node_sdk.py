"""What the OpenTelemetry SDK for Node exports arrives, by every exporter it has."""

import subprocess
from pathlib import Path

import pytest
from tests.lints.source import ROOT
from tests.telemetry.serving import serving

HERE = Path(__file__).parents[1] / "node_sdk"
PATIENCE_SECONDS = 60


@pytest.mark.skipif(not (HERE / "node_modules").is_dir(), reason="`make setup` brings the SDK for Node")
def test_node_sdk(tmp_path: Path) -> None:
    """Spans by JSON, gzip, protobuf and gRPC, and metrics by JSON, arrive with no setting but the address."""
    with serving(tmp_path) as intake:
        sent = subprocess.run(
            ["scripts/with-node", "node", str(HERE / "send.js"), intake.url, intake.grpc_address],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        assert (sent.returncode, sent.stderr) == (0, "")
        intake.drained()
        assert sorted(intake.warehouse.span_names()) == ["grpc", "gzip", "json", "protobuf"]
        assert intake.service.status().accepted == {"metrics": 2, "traces": 4}
        assert intake.service.status().rejected_total == 0
