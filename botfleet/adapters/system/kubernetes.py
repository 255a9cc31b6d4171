"""Pods run by Kubernetes: a StatefulSet whose replicas are the fleet's pods.

Speaks the cluster's own REST API with the service account of the pod it runs in, and only of the
set's scale: `GET` and `PATCH .../statefulsets/{name}/scale`, and `GET .../statefulsets/{name}` for
how many are ready. A pod's instances follow the layout by themselves (`botfleet pod serve`).
"""

import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import requests

from botfleet.domain.fleet.seating import Seat, Shape, seats
from botfleet.errors import Refusal

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_TIMEOUT_S = (3, 10)
_READY_S_MAX, _GLANCE_S = 120.0, 1.0


class KubernetesMachines:
    """Keeps `botfleet.application.ports.machines.Machines`."""

    def __init__(
        self, name: str, shape: Callable[[], Shape | None], url: str, account: Path = ACCOUNT
    ) -> None:
        self._shape = shape
        namespace = (account / "namespace").read_text().strip()
        self._url = f"{url}/apis/apps/v1/namespaces/{namespace}/statefulsets/{name}"
        self._token, self._authority = account / "token", account / "ca.crt"

    def intend(self, shape: Shape) -> None:
        """See the port; the cluster remembers its replicas itself."""

    def running(self) -> frozenset[Seat]:
        """See the port: of each replica, as many instances as the layout gives a pod.

        Also of those the layout does not say any more: they are to go.
        """
        replicas, shape = self._ask("GET", "/scale")["spec"]["replicas"], self._shape()
        return frozenset(seats(pods=replicas, instances=shape.instances) if shape else ())

    def start(self, seats: Collection[Seat]) -> None:
        """See the port. A pod is ready before it has instances: those come with the layout."""
        wanted = max((seat.pod for seat in seats), default=0)
        if wanted > self._ask("GET", "/scale")["spec"]["replicas"]:
            self._scale(wanted)
            self._wait(wanted)

    def stop(self, seats: Collection[Seat]) -> None:
        """See the port. The last pods go; a pod that keeps an instance stays."""
        gone = {seat.pod for seat in seats if seat.instance == 1}
        if gone:
            self._scale(min(gone) - 1)

    def _scale(self, replicas: int) -> None:
        self._ask("PATCH", "/scale", {"spec": {"replicas": replicas}})

    def _wait(self, replicas: int) -> None:
        """Look until so many are ready: the scale's API offers no event, only a watch of all."""
        until = time.monotonic() + _READY_S_MAX
        while self._ask("GET", "")["status"].get("readyReplicas", 0) < replicas:
            if time.monotonic() > until:
                raise Refusal(f"Kubernetes has not {replicas} pods ready in {_READY_S_MAX:.0f} s.")
            time.sleep(_GLANCE_S)

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        headers = {"Authorization": f"Bearer {self._token.read_text().strip()}"}
        if body is not None:
            headers["Content-Type"] = "application/merge-patch+json"
        try:
            answer = requests.request(
                method,
                self._url + path,
                json=body,
                headers=headers,
                timeout=_TIMEOUT_S,
                verify=str(self._authority) if self._authority.exists() else True,
                allow_redirects=False,
            )
            answer.raise_for_status()
            return answer.json()
        except (requests.RequestException, ValueError) as error:
            raise Refusal(f"Kubernetes does not do it: {error}") from error
