"""Replicas as pods: what is asked of a cluster's API, on a server that keeps one set's scale."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from botfleet.adapters.system.kubernetes import KubernetesMachines
from botfleet.domain.fleet.seating import Seat, Shape, seats
from botfleet.errors import Refusal

PATH = "/apis/apps/v1/namespaces/trading/statefulsets/botfleet-pod"


@dataclass
class Cluster:
    """One StatefulSet; becomes ready as soon as it is asked about."""

    url: str = ""
    replicas: int = 2
    asked: list[tuple[str, str]] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    refuses: int = 0


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    known = Cluster()

    class Door(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            return

        def do_GET(self) -> None:
            self._answer()

        def do_PATCH(self) -> None:
            assert self.headers["Content-Type"] == "application/merge-patch+json"
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            known.replicas = body["spec"]["replicas"]
            self._answer()

        def _answer(self) -> None:
            known.asked.append((self.command, self.path.removeprefix(PATH)))
            known.tokens.add(self.headers["Authorization"])
            scale = {
                "spec": {"replicas": known.replicas},
                "status": {"readyReplicas": known.replicas},
            }
            self.send_response(known.refuses or 200)
            self.end_headers()
            self.wfile.write(json.dumps(scale).encode())

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    Thread(target=server.serve_forever, daemon=True).start()
    known.url = f"http://127.0.0.1:{server.server_port}"
    yield known
    server.shutdown()
    server.server_close()


@pytest.fixture
def machines(cluster: Cluster, tmp_path: Path) -> KubernetesMachines:
    (tmp_path / "namespace").write_text("trading\n")
    (tmp_path / "token").write_text("canary\n")
    return KubernetesMachines("botfleet-pod", lambda: Shape(2, 2, 10), cluster.url, tmp_path)


def test_replicas_are_the_pods_that_run(machines: KubernetesMachines) -> None:
    assert machines.running() == frozenset(seats(pods=2, instances=2))


def test_a_replica_the_layout_has_no_pod_for_is_seen_and_ended(
    machines: KubernetesMachines, cluster: Cluster
) -> None:
    """As when an operator was killed between moving everybody off a pod and ending it."""
    cluster.replicas = 3
    over = machines.running() - frozenset(Shape(2, 2, 10).everywhere)
    assert over == {Seat(3, 1), Seat(3, 2)}
    machines.stop(over)
    assert cluster.replicas == 2


def test_instances_are_as_many_as_the_layout_says_by_now(cluster: Cluster, tmp_path: Path) -> None:
    """A process that fits pods for weeks sees what others made of the fleet."""
    for name in ("namespace", "token"):
        (tmp_path / name).write_text("canary\n")
    shapes = iter([Shape(2, 2, 10), Shape(2, 3, 10)])
    machines = KubernetesMachines("botfleet-pod", lambda: next(shapes), cluster.url, tmp_path)
    assert machines.running() == frozenset(seats(pods=2, instances=2))
    assert machines.running() == frozenset(seats(pods=2, instances=3))


def test_a_pod_more_is_a_replica_more_and_is_waited_for(
    machines: KubernetesMachines, cluster: Cluster
) -> None:
    machines.start([Seat(3, 1), Seat(3, 2)])
    assert cluster.replicas == 3
    assert cluster.asked == [("GET", "/scale"), ("PATCH", "/scale"), ("GET", "")]
    assert cluster.tokens == {"Bearer canary"}
    machines.start([Seat(1, 3)])
    assert cluster.replicas == 3


def test_pods_that_go_are_replicas_less_but_an_instance_less_is_not(
    machines: KubernetesMachines, cluster: Cluster
) -> None:
    machines.stop([Seat(1, 2), Seat(2, 2)])
    assert cluster.replicas == 2
    machines.stop([Seat(2, 1), Seat(2, 2)])
    assert cluster.replicas == 1


def test_a_cluster_that_refuses_is_told_in_one_sentence_without_the_token(
    machines: KubernetesMachines, cluster: Cluster
) -> None:
    cluster.refuses = 403
    with pytest.raises(Refusal, match="403") as refused:
        machines.start([Seat(3, 1)])
    assert "canary" not in str(refused.value)
