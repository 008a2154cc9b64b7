"""What docs/guide/telemetry.md says is tested arrives when it is run as written there.

Only the address differs from the page: a free port stands for the usual one. Samples in languages that this
tree has no SDK for are not run here, and the page says so.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.doors import Doors, authority, doors, write_pair
from tests.lints.source import ROOT
from tests.telemetry.serving import Serving, serving

from holdfast.runtime.errors import Unauthenticated

PAGE = (ROOT / "docs/guide/telemetry.md").read_text()
NODE_MODULES = ROOT / "tests/telemetry/node_sdk/node_modules"
WORDS = {
    "url": "http://127.0.0.1:4318",
    "tls_url": "https://holdfast.example.com:4318",
    "ca": "/etc/ssl/holdfast-ca.pem",
    "certificate": "/etc/ssl/cart.pem",
    "key": "/etc/ssl/cart.key",
}
PATIENCE_SECONDS = 60


def blocks(language: str) -> list[str]:
    """Return the fenced blocks of a language, in the order of the page."""
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)


SETTINGS, WITH_TOKEN, OVER_TLS, WITH_CERTIFICATE, CREATE = blocks("bash")
OTHER_TRUST = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""What the page says about Python: these win over the variable of OpenTelemetry."""


def run(command: str, settings: str, place: Path, **instead: str) -> None:
    """Run a sample in a shell after the settings of the page, with no other setting of OpenTelemetry's.

    `instead` has what stands for the page's words of that name: addresses and files.
    """
    for name, value in instead.items():
        assert WORDS[name] in settings
        settings = settings.replace(WORDS[name], value)
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("OTEL_") and name not in OTHER_TRUST
    }
    done = subprocess.run(
        ["bash", "-euc", f"{settings}\n{command}"],
        cwd=place,
        env=environment | {"HOLDFAST_TOKEN": "hf_of_a_sender"},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def only_the_sender(token: str | None) -> Unauthenticated | None:
    """Let in whoever sends the token of `run`, as a server with ingest tokens does."""
    return None if token == "hf_of_a_sender" else Unauthenticated("send an ingest token")


def stored(intake: Serving | Doors) -> dict[str, int]:
    """Return how many items of each signal are stored, once all are, with nothing rejected or remarked on."""
    intake.drained()
    status = intake.service.status()
    assert intake.warehouse.span_names() == ["POST /orders"]
    assert status.rejected_total == 0
    assert not any(status.remarked.values())
    record = b"".join(intake.warehouse.stored())
    assert [word for word in (b"cart-1", b"2.31.0", b"zone-a") if word not in record] == []
    return dict(status.accepted)


@pytest.mark.parametrize("settings", [SETTINGS, SETTINGS + WITH_TOKEN], ids=["open", "with-token"])
def test_the_python_sample_arrives_as_written(tmp_path: Path, settings: str) -> None:
    """The sample sends a span and a metric by the page's settings alone, with the resource they name."""
    [sample] = blocks("python")
    (tmp_path / "shop.py").write_text(sample)
    authorise = {"authorise": only_the_sender} if settings != SETTINGS else {}
    with serving(tmp_path, **authorise) as intake:
        run(f"{sys.executable} shop.py", settings, tmp_path, url=intake.url)
        assert stored(intake) == {"metrics": 1, "traces": 1}


@pytest.mark.skipif(not NODE_MODULES.is_dir(), reason="`make setup` brings the SDK for Node")
@pytest.mark.parametrize("settings", [SETTINGS, SETTINGS + WITH_TOKEN], ids=["open", "with-token"])
def test_the_node_sample_arrives_as_written(tmp_path: Path, settings: str) -> None:
    """The sample sends a span and a metric by the page's settings alone, with the resource they name."""
    [sample] = blocks("js")
    (tmp_path / "shop.mjs").write_text(sample)
    (tmp_path / "node_modules").symlink_to(NODE_MODULES)
    authorise = {"authorise": only_the_sender} if settings != SETTINGS else {}
    with serving(tmp_path, **authorise) as intake:
        run(node(tmp_path / "shop.mjs"), settings, tmp_path, url=intake.url)
        assert stored(intake) == {"metrics": 1, "traces": 1}


def node(program: Path) -> str:
    """Return the command that runs a program by Node."""
    return f"cd {ROOT} && scripts/with-node node {program}"


@pytest.mark.skipif(not NODE_MODULES.is_dir(), reason="`make setup` brings the SDK for Node")
@pytest.mark.parametrize("with_certificate", [False, True], ids=["ca-alone", "client-certificate"])
@pytest.mark.parametrize(("language", "name"), [("python", "shop.py"), ("js", "shop.mjs")])
def test_a_sample_arrives_over_tls_as_written(
    tmp_path: Path, language: str, name: str, *, with_certificate: bool
) -> None:
    """By the page's variables for TLS, and nothing else, the samples trust the CA and show a certificate."""
    (tmp_path / name).write_text(blocks(language)[0])
    (tmp_path / "node_modules").symlink_to(NODE_MODULES)
    ca, clients = authority(tmp_path), authority(tmp_path, "clients")
    own = clients.ca.issue_cert("cart@example.com")
    own.cert_chain_pems[0].write_to_path(str(tmp_path / "cart.pem"))
    own.private_key_pem.write_to_path(str(tmp_path / "cart.key"))
    files = write_pair(tmp_path, ca, client_ca=clients.file if with_certificate else None)
    command = f"{sys.executable} {name}" if language == "python" else node(tmp_path / name)
    instead, settings = {"ca": str(ca.file)}, SETTINGS + OVER_TLS
    if with_certificate:
        instead |= {"certificate": str(tmp_path / "cart.pem"), "key": str(tmp_path / "cart.key")}
        settings += WITH_CERTIFICATE
    with doors(tmp_path / "server", files) as intake:
        run(command, settings, tmp_path, tls_url=f"https://localhost:{intake.otlp_http}", **instead)
        assert stored(intake) == {"metrics": 1, "traces": 1}


def test_an_install_line_names_what_its_sample_imports() -> None:
    """Who pastes the lines of Node or Go into an empty directory has every package the sample imports."""
    installed = set(
        re.findall(r"@opentelemetry/[\w-]+", "".join(re.findall(r"^    npm .*$", PAGE, re.MULTILINE)))
    )
    assert set(re.findall(r'from "(.+)"', blocks("js")[0])) == installed
    [got] = re.findall(r"^    go get (.+)$", PAGE, re.MULTILINE)
    imported = re.findall(r'"(go\.opentelemetry\.io/.+)"', blocks("go")[0])
    assert [one for one in imported if not one.startswith(tuple(got.split()))] == []
    [pip] = re.findall(r"^    pip install (.+)$", PAGE, re.MULTILINE)
    assert set(pip.split()) == {"opentelemetry-sdk", "opentelemetry-exporter-otlp-proto-http"}
    assert set(re.findall(r"from opentelemetry\.(\w+)", blocks("python")[0])) == {"exporter", "sdk"}


def test_the_collector_names_what_it_defines() -> None:
    """Every pipeline consists of components that the configuration defines, and ends in Holdfast."""
    configuration = yaml.safe_load(blocks("yaml")[0])
    for signal, pipeline in configuration["service"]["pipelines"].items():
        assert signal in ("traces", "metrics", "logs")
        for kind, names in pipeline.items():
            assert [name for name in names if name not in configuration[kind]] == []
    assert list(configuration["exporters"]) == ["otlp_http/holdfast"]
    assert re.fullmatch(
        r"https?://[\w.-]+:4318", configuration["exporters"]["otlp_http/holdfast"]["endpoint"]
    )


def test_the_manifests_name_what_they_define() -> None:
    """Volumes, secrets, config maps, ports and labels of the manifests exist where they are referred to."""
    deployment, service = yaml.safe_load_all(blocks("yaml")[1])
    pod: dict[str, Any] = deployment["spec"]["template"]
    [container] = pod["spec"]["containers"]
    assert service["spec"]["selector"] == pod["metadata"]["labels"]
    assert deployment["spec"]["selector"]["matchLabels"] == pod["metadata"]["labels"]
    assert {one["name"] for one in container["volumeMounts"]} == {
        one["name"] for one in pod["spec"]["volumes"]
    }
    opened = {(one["name"], one["containerPort"]) for one in container["ports"]}
    assert opened == {(one["name"], one["port"]) for one in service["spec"]["ports"]}
    secret = container["env"][0]["valueFrom"]["secretKeyRef"]
    assert f"create secret generic {secret['name']} --from-literal={secret['key']}=" in CREATE
    [volume] = pod["spec"]["volumes"]
    assert f"create configmap {volume['configMap']['name']} --from-file=collector.yaml" in CREATE
    assert container["args"] == [f"--config={container['volumeMounts'][0]['mountPath']}/collector.yaml"]


def test_a_workloads_settings_are_those_of_every_sdk() -> None:
    """Variables are defined before they are used, and the endpoint is the Collector's service."""
    listed = yaml.safe_load(blocks("yaml")[2])["env"]
    names = [one["name"] for one in listed]
    for position, one in enumerate(listed):
        used = re.findall(r"\$\((\w+)\)", one.get("value", ""))
        assert [name for name in used if name not in names[:position]] == [], one["name"]
    sent_to = {one["name"]: one.get("value") for one in listed}["OTEL_EXPORTER_OTLP_ENDPOINT"]
    assert sent_to == "http://collector.telemetry:4318"
