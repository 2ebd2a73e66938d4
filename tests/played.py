"""What a cluster has beside its control plane, as tests say: how pods of Jobs end, disks, a store.

No container runs on a node that is none, no disk is made and no vault is asked. What is said of
pods, claims and ExternalSecrets is what a kubelet, a storage driver and the External Secrets
operator say of them.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from api_server import ApiServer, Body, RefusedError

Play = Callable[[Body], Body | None]
"""From a pod that a node has taken to its status, None while there is nothing new to say."""

MERGE = "application/merge-patch+json"
_JOB = "batch.kubernetes.io/job-name"
_NODE = "volume.kubernetes.io/selected-node"
_SECRETS = "/apis/external-secrets.io/v1"


def ends(*codes: int) -> Play:
    """Answer what ends a Job's pods by these codes, one after the other, the last for all more."""
    seen: Counter[str] = Counter()

    def play(pod: Body) -> Body:
        job = pod["metadata"]["labels"][_JOB]
        seen[job] += 1
        return ended(pod, codes[min(seen[job], len(codes)) - 1])

    return play


def ended(pod: Body, code: int, message: str = "") -> Body:
    """Answer the status of a pod whose container has ended."""
    state = {"exitCode": code, "finishedAt": now(), "message": message}
    phase = "Failed" if code else "Succeeded"
    return {"phase": phase, "containerStatuses": [_container(pod, {"terminated": state})]}


def waits(reason: str, message: str) -> Play:
    """Answer what never starts a Job's pods."""

    def play(pod: Body) -> Body | None:
        state = {"waiting": {"reason": reason, "message": message}}
        known = pod["status"].get("containerStatuses")
        return None if known else {"containerStatuses": [_container(pod, state)]}

    return play


class Played:
    """What is played, and what of it is to be otherwise than well."""

    def __init__(self, plane: ApiServer) -> None:
        self._plane = plane
        self.jobs: dict[tuple[str, str], Play] = {}
        """How pods of Jobs end, by namespace and how the Job's name begins; well, when silent."""
        self.held: set[tuple[str, str]] = set()
        """Namespaces and names of ExternalSecrets that the store has nothing for yet."""
        self.kept: dict[tuple[str, str], dict[str, str]] = {}
        """What the store has, by namespace and name of a Secret; all that is asked, when silent."""
        self.fault: Exception | None = None
        """Why nothing is played any more."""

    def work(self, ending: threading.Event) -> None:
        """Do it four times a second."""
        try:
            while not ending.wait(0.25):
                self._tick()
        except Exception as fault:  # noqa: BLE001  for whoever waits
            self.fault = fault

    def _tick(self) -> None:
        for act, found in (
            (self._pod, self._list("/api/v1/pods?fieldSelector=status.phase=Pending")),
            (self._claim, self._list("/api/v1/persistentvolumeclaims")),
            (self._secret, self._list(f"{_SECRETS}/externalsecrets")),
        ):
            for body in found:
                try:
                    act(body)
                except RefusedError as error:
                    if error.code not in {404, 409}:  # it is gone meanwhile, or somebody was faster
                        raise

    def _list(self, path: str) -> Iterable[Body]:
        found: list[Body] = self._plane.ask("GET", path)["items"]
        return found

    def _pod(self, pod: Body) -> None:
        metadata = pod["metadata"]
        name = metadata.get("labels", {}).get(_JOB)
        if not name or "nodeName" not in pod["spec"] or "deletionTimestamp" in metadata:
            return
        told = [
            play
            for (namespace, begins), play in list(self.jobs.items())
            if namespace == metadata["namespace"] and name.startswith(begins)
        ]
        status = (told[0] if told else ends(0))(pod)
        if status:
            path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}/status"
            self._plane.ask("PATCH", path, {"status": status}, MERGE)

    def _claim(self, claim: Body) -> None:
        """Make a volume once a pod that needs it has a node, as `WaitForFirstConsumer` has it."""
        metadata, spec = claim["metadata"], claim["spec"]
        if claim["status"]["phase"] != "Pending" or _NODE not in metadata.get("annotations", {}):
            return
        owner = {key: metadata[key] for key in ("namespace", "name", "uid")}
        volume = {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": f"pvc-{metadata['uid']}"},
            "spec": {
                "accessModes": spec["accessModes"],
                "capacity": spec["resources"]["requests"],
                "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", **owner},
                "hostPath": {"path": "/nowhere"},
                "persistentVolumeReclaimPolicy": "Retain",
                "storageClassName": spec["storageClassName"],
            },
        }
        self._plane.ask("POST", "/api/v1/persistentvolumes", volume)

    def _secret(self, external: Body) -> None:
        metadata, spec = external["metadata"], external["spec"]
        namespace, name = metadata["namespace"], metadata["name"]
        held = (namespace, name) in self.held
        synced = f"{metadata['generation']}-played"
        ready = {"type": "Ready", "status": str(not held), "lastTransitionTime": now()}
        ready["reason"] = "SecretSyncedError" if held else "SecretSynced"
        known = external.get("status", {}).get("conditions", [{}])[0].get("status")
        if known == ready["status"] and external["status"]["syncedResourceVersion"] == synced:
            return
        if not held:
            target = spec["target"]
            made_up = {item["secretKey"]: "played" for item in spec["data"]}
            texts = self.kept.get((namespace, target["name"]), made_up)
            secret = {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"name": target["name"], "namespace": namespace},
                "stringData": texts,
            }
            self._plane.apply([secret])
        status = {"conditions": [ready], "syncedResourceVersion": synced}
        path = f"{_SECRETS}/namespaces/{namespace}/externalsecrets/{name}/status"
        self._plane.ask("PATCH", path, {"status": status}, MERGE)


def _container(pod: Body, state: Body) -> Body:
    (container,) = pod["spec"]["containers"]
    said = {"ready": False, "restartCount": 0, "imageID": "", "state": state}
    return {"name": container["name"], "image": container["image"], **said}


def now() -> str:
    """Answer the time as Kubernetes writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
