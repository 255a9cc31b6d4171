"""What Kubernetes and compose are given: valid, current, locked down, and with settings we know."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import kubernetes_validate
import pytest
import requests
import yaml

from botfleet.adapters.system.ports import choose
from botfleet.adapters.telemetry.scrape import FleetCollector, registry, serve
from botfleet.config import Settings
from botfleet.errors import BadInput, StoreUnavailable
from tests.deploy.needs import need

DEPLOY = Path(__file__).parents[2] / "deploy"
PLAIN = DEPLOY / "kubernetes/botfleet.yaml"
OBJECTS = [one for one in yaml.safe_load_all(PLAIN.read_text()) if one]
SETTINGS = {f"BOTFLEET_{name.upper()}" for name in Settings.model_fields}
CLIENT = {"BOTFLEET_TRADIER_CLIENT_ID", "BOTFLEET_TRADIER_CLIENT_SECRET"}
SECRET = {"BOTFLEET_MARKET_TOKEN", *CLIENT} | {
    f"BOTFLEET_{store}_URL" for store in ("DATABASE", "DOOR", "BROKER", "POOL")
}
CLIENTS = {"orders", "api"}  # the only parts that know this platform's clients at brokers
KEYS = CLIENTS | {"courier"}  # and those that may open the vault: a channel is sealed as a token is


def containers() -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Give every container with its part's name and its pod."""
    for one in OBJECTS:
        pod = one.get("spec", {}).get("template", {}).get("spec")
        if pod:
            part = one["spec"]["template"]["metadata"]["labels"]["botfleet/part"]
            yield from ((part, container, pod) for container in pod["containers"])


@pytest.mark.parametrize("one", OBJECTS, ids=lambda one: f"{one['kind']} {one['metadata']['name']}")
def test_every_object_is_what_kubernetes_takes(one: dict[str, Any]) -> None:
    """The validator raises where it finds anything, as the next test shows."""
    kubernetes_validate.validate(one, "1.33", strict=True)


def test_what_kubernetes_does_not_know_is_found() -> None:
    for name in ("sppec", "metadata"):
        with pytest.raises(kubernetes_validate.ValidationError):
            kubernetes_validate.validate({**OBJECTS[0], name: 7}, "1.33", strict=True)


def test_the_plain_manifests_are_the_charts() -> None:
    (helm,) = need("helm")
    chart = str(DEPLOY / "helm/botfleet")
    subprocess.run([helm, "lint", "--strict", "--quiet", chart], check=True)
    command = [helm, "template", "botfleet", chart, "--namespace", "botfleet"]
    plain = [*command, "--set", "plain=true,pods=1"]
    written = subprocess.run(plain, capture_output=True, text=True, check=True).stdout
    assert [one for one in yaml.safe_load_all(written) if one] == OBJECTS
    with_keda = [*command, "--set", "keda.enabled=true"]
    told = subprocess.run(with_keda, capture_output=True, text=True, check=True).stdout
    scaled = next(one for one in yaml.safe_load_all(told) if one and one["kind"] == "ScaledObject")
    assert scaled["spec"]["triggers"][0]["metadata"]["threshold"] == "400"
    (operator,) = [
        one["spec"]["template"]["spec"]["containers"][0]
        for one in yaml.safe_load_all(told)
        if one and one["kind"] == "Deployment" and one["metadata"]["name"] == "botfleet-operator"
    ]
    assert "autoscale" not in str(operator), "two would pull at the pods"
    known = {one["name"]: one.get("value") for one in operator["env"]}
    assert known["BOTFLEET_STATEFUL_SET"] == "botfleet-pod", "pods go by `pod scale`, given there"


@pytest.mark.parametrize(
    ("part", "container", "pod"), list(containers()), ids=lambda x: str(x)[:12]
)
def test_no_container_may_more_than_it_needs(
    part: str, container: dict[str, Any], pod: dict[str, Any]
) -> None:
    locked = container["securityContext"]
    assert locked["readOnlyRootFilesystem"] is True
    assert locked["allowPrivilegeEscalation"] is False
    assert locked["capabilities"] == {"drop": ["ALL"]}
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is (part == "operator")
    assert container["resources"]["limits"]["memory"]
    mounted = {volume["name"] for volume in container["volumeMounts"]}
    assert ("vault" in mounted) is (part in KEYS)
    named = {one["name"] for one in container["env"]}
    assert (named >= CLIENT) is (part in CLIENTS)
    assert ("BOTFLEET_DOOR_URL" in named) is (part == "api")
    assert ("BOTFLEET_DATABASE_URL" in named) is (part != "api")


def test_every_setting_is_one_we_know_and_secrets_come_from_secrets() -> None:
    for part, container, _ in containers():
        for one in container["env"]:
            assert one["name"] in SETTINGS | {"POD_NAME"}, part
            assert ("valueFrom" in one) is (one["name"] in SECRET | {"POD_NAME"})


def links() -> dict[str, str]:
    """Give the variables with which a cluster tells pods of its services, unless they say no."""
    told = {}
    for one in OBJECTS:
        if one["kind"] == "Service" and one["spec"].get("clusterIP") != "None":
            name = one["metadata"]["name"].upper().replace("-", "_")
            told[f"{name}_SERVICE_HOST"] = "10.0.0.7"
            told[f"{name}_PORT"] = "tcp://10.0.0.7:8000"
    return told


def test_what_a_cluster_adds_to_the_environment_keeps_no_part_from_starting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Unknown variables of our prefix are refused, and a service of ours would make such ones."""
    for name, value in links().items():
        monkeypatch.setenv(name, value)
    with pytest.raises(BadInput, match="BOTFLEET_API_PORT"):
        Settings.read()
    for part, _, pod in containers():
        assert pod["enableServiceLinks"] is False, part


def test_two_of_a_part_stand_on_two_machines_where_there_are_two() -> None:
    for part, _, pod in containers():
        (spread,) = pod["topologySpreadConstraints"]
        assert spread["whenUnsatisfiable"] == "ScheduleAnyway"
        assert spread["labelSelector"]["matchLabels"]["botfleet/part"] == part


def test_a_store_that_is_down_is_no_reason_to_end_a_part(tmp_path: Path) -> None:
    """What a cluster asks of a part, asked of a process whose Postgres is gone, asks no store."""

    def gone() -> NoReturn:
        asked.append("Postgres")
        raise StoreUnavailable("Postgres is gone.")

    asked: list[str] = []
    (port,) = choose([0], near=tmp_path.name)
    serve(registry(tmp_path, FleetCollector(gone, gone)), port)
    paths = {
        probe["httpGet"]["path"]
        for _, container, _ in containers()
        for kind, probe in container.items()
        if kind in {"livenessProbe", "startupProbe"} and probe["httpGet"]["port"] == "metrics"
    }
    for path in paths:
        assert requests.get(f"http://127.0.0.1:{port}{path}", timeout=10).status_code == 200
    assert asked == []
    assert requests.get(f"http://127.0.0.1:{port}/metrics", timeout=10).status_code == 200
    assert asked


def test_to_apply_again_leaves_the_pods_as_many_as_operators_made_them() -> None:
    """What a manifest does not say, `kubectl apply` leaves alone; a new set begins at one."""
    (pods,) = [one for one in OBJECTS if one["kind"] == "StatefulSet"]
    assert "replicas" not in pods["spec"]
    for _, container, _ in containers():
        told = {one["name"]: one.get("value") for one in container["env"]}
        assert told["BOTFLEET_PODS"] == "1", "the fleet begins as large as its set"


def chosen(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    """Say whether a selector takes a pod of these labels, as the cluster would."""
    wanted = selector.get("matchLabels", {})
    listed = selector.get("matchExpressions", [])
    return wanted.items() <= labels.items() and all(
        labels.get(one["key"]) in one["values"] for one in listed
    )


def given(kind: str, field: str, labels: dict[str, str]) -> list[dict[str, Any]]:
    """Give the specs of a kind that choose a pod of these labels."""
    specs = [one["spec"] for one in OBJECTS if one["kind"] == kind]
    return [spec for spec in specs if chosen(spec[field], labels)]


def test_every_part_may_be_moved_one_at_a_time_and_is_fenced_both_ways() -> None:
    parts = [one for one in OBJECTS if one["kind"] in {"Deployment", "StatefulSet"}]
    assert len(parts) == 7
    for one in parts:
        labels = one["spec"]["template"]["metadata"]["labels"]
        (budget,) = given("PodDisruptionBudget", "selector", labels)
        replicas = one["spec"].get("replicas", 1)
        assert replicas >= 1
        assert "minAvailable" not in budget, "with one replica a machine could never be emptied"
        assert budget["maxUnavailable"] == 1
        fences = given("NetworkPolicy", "podSelector", labels)
        assert {each for fence in fences for each in fence["policyTypes"]} == {"Ingress", "Egress"}
        assert len(given("NetworkPolicy", "podSelector", {})) == 0


def test_only_the_operators_part_reaches_the_cluster_and_it_nothing_else_outside() -> None:
    def reached(part: str) -> set[int]:
        labels = {"app.kubernetes.io/name": "botfleet", "botfleet/part": part}
        fences = given("NetworkPolicy", "podSelector", labels)
        rules = [rule for fence in fences for rule in fence.get("egress", ())]
        return {port["port"] for rule in rules if "to" not in rule for port in rule["ports"]}

    assert reached("operator") == {53, 443, 6443}
    assert reached("router") == reached("pod") == reached("api") == {53}


def test_compose_speaks_of_settings_and_parts_that_there_are() -> None:
    for name in ("compose.yaml", "compose.sandbox.yaml"):
        text = (DEPLOY / name).read_text()
        assert set(re.findall(r"BOTFLEET_[A-Z_]+", text)) <= SETTINGS
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    for name, service in services.items():
        if name != "postgres":  # its image changes users at its start
            assert service["read_only"] is True
            assert service["cap_drop"] == ["ALL"]
        if service["image"] == "botfleet":
            assert ("vault.json" in json.dumps(service.get("secrets", []))) is (name in KEYS)
            assert ("BOTFLEET_DOOR_URL" in service["environment"]) is (name == "api")
            assert ("BOTFLEET_DATABASE_URL" in service["environment"]) is (name != "api")
    assert services["beat"]["deploy"]["replicas"] == 2
    doors = [port for service in services.values() for port in service.get("ports", [])]
    assert doors == ["${DOOR_PORT:-443}:8443"]


def test_the_image_runs_as_nobody_in_particular() -> None:
    lines = (DEPLOY / "image/Dockerfile").read_text().splitlines()
    assert "USER 10001:10001" in lines
    assert any(line.startswith("HEALTHCHECK") for line in lines)
    assert any("--require-hashes" in line for line in lines)


def test_units_may_no_more_than_they_need_and_each_has_a_home_of_its_own() -> None:
    """A home holds one fleet's part: of two metronomes that share one, the second never starts."""
    units = {unit.stem: unit.read_text() for unit in (DEPLOY / "systemd").glob("*.service")}
    homes = [re.search(r"^StateDirectory=(.+)$", text, re.MULTILINE) for text in units.values()]
    assert len({home[1] for home in homes if home}) == len(units)
    for name, text in units.items():
        for line in ("NoNewPrivileges=yes", "ProtectSystem=strict", "CapabilityBoundingSet="):
            assert f"{line}\n" in text
        home = re.search(r"^StateDirectory=(.+)$", text, re.MULTILINE)
        assert home
        assert f"Environment=BOTFLEET_HOME=%S/{home[1]}\n" in text
        assert ("%i" in home[1]) is name.endswith("@")
        assert "\nStartLimitIntervalSec=0\n" in text, "a part that cannot start yet tries on"
