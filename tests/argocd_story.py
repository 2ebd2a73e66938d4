"""An environment that Argo CD applies: its releases and what of them is in the cluster."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import yaml

from api_server import Body, RefusedError
from argocd import ArgoCd
from argocd_example import NAME
from floe_constructs.kubernetes.phase import Phase
from floe_constructs.yaml_text import load
from floe_deploy.synth import Rendering
from git_server import Branch
from played import MERGE, Play
from test_dist import key

Answer = TypeVar("Answer")
Key = tuple[str, ...]
"""What an object is called."""

GATE = "preflight-services-"
"""How the name of the gate's main Job begins."""

MIGRATION = "dagster-migrate-"
VERIFICATION = "preflight-verify-"
SUCCEEDED = "Succeeded"

BEFORE = (Phase.CLUSTER, Phase.FOUNDATION, Phase.SERVICES, Phase.PREFLIGHT)
LATER = (Phase.MIGRATE, Phase.PLATFORM, Phase.VERIFY)
"""Phases behind the gate."""


class Story:
    """What is done to an environment, and what comes of it."""

    def __init__(self, argocd: ArgoCd, branch: Branch, releases: Mapping[str, Rendering]) -> None:
        self.argocd, self.name = argocd, branch.name
        self.cluster, self.plane = argocd.cluster, argocd.cluster.plane
        self._branch, self._releases = branch, releases
        self._jobs = f"/apis/batch/v1/namespaces/{self.name}/jobs"

    def play(self, job: str, play: Play) -> None:
        """Say how pods of a Job end from now on."""
        self.cluster.played.jobs[self.name, job] = play

    def _called(self, text: str) -> str:
        return text.replace(NAME, self.name)

    def start(self, release: str) -> str:
        """Push the first release, and hand Argo CD what `delivery/` says; answer the commit."""
        commit = self.push(release)
        text = self._called(self._releases[release].delivery["argocd.yaml"])
        self.plane.apply(yaml.safe_load_all(text))
        return commit

    def release(self, release: str) -> str:
        """Push another one, and tell Argo CD of it as a webhook does; answer the commit."""
        commit = self.push(release)
        self.argocd.refresh(self.name)
        return commit

    def push(self, release: str) -> str:
        """Bring a release to Git."""
        files = self._releases[release].files
        self._branch.replace(
            f"dist/{self.name}",
            {self._called(path): self._called(text) for path, text in files.items()},
        )
        return self._branch.push(release)

    def until(self, ask: Callable[[], Answer | None]) -> Answer:
        """Ask until there is an answer that counts."""
        return self.cluster.until(ask, self.told)

    def told(self) -> str:
        """Answer what Argo CD says, for whoever waited in vain."""
        status = self.argocd.application(self.name).get("status", {})
        operation = status.get("operationState", {})
        found = {
            "conditions": [each["message"] for each in status.get("conditions", ())],
            "phase": operation.get("phase"),
            "message": operation.get("message"),
            "commit": operation.get("syncResult", {}).get("revision"),
            "sync": status.get("sync", {}).get("status"),
        }
        return json.dumps(found, indent=1)

    def ends(self, phase: str, commit: str) -> Body:
        """Wait until Argo CD has ended with a commit; answer the operation."""

        def ended() -> Body | None:
            found = self.argocd.operation(self.name)
            at = found.get("syncResult", {}).get("revision")
            return found if found.get("phase") == phase and at == commit else None

        return self.until(ended)

    def settle(self) -> None:
        """Wait until all has what it wants: Argo CD does not wait for its last wave."""
        self.until(lambda: self.cluster.settled(self.name))

    def fails(self, commit: str) -> str:
        """Wait until Argo CD has failed with a commit, and will try again; answer what it says."""

        def failed() -> str | None:
            found = self.argocd.operation(self.name)
            at = found.get("syncResult", {}).get("revision")
            if at != commit or "finishedAt" not in found:
                return None
            assert found["phase"] in {"Running", "Failed"}, self.told()
            return str(found["message"])

        return self.until(failed)

    def results(self) -> str:
        """Answer what the last operation says of each object."""
        found = self.argocd.operation(self.name).get("syncResult", {}).get("resources", ())
        return "\n".join(each.get("message", "") for each in found)

    def looked_at(self, commit: str) -> bool:
        """Answer whether Argo CD has compared the cluster with a commit."""
        status = self.argocd.application(self.name).get("status", {})
        return bool(status.get("sync", {}).get("revision") == commit)

    def objects(self, release: str, phases: Iterable[Phase] = Phase) -> list[Body]:
        """Answer the objects of a release."""
        found = self._releases[release].files.items()
        return [
            load(self._called(text))
            for path, text in found
            if path.partition("/")[0] in set(phases)
            and path.endswith(".yaml")
            and not path.endswith("kustomization.yaml")
        ]

    def live(self, found: Mapping[str, Any]) -> Body | None:
        """Answer an object as the cluster has it."""
        try:
            return self.plane.ask("GET", self.plane.path(found))
        except RefusedError as error:
            if error.code != 404:
                raise
            return None

    def there(self, objects: Iterable[Body]) -> set[Key]:
        """Answer which of these objects the cluster has."""
        return {key(found) for found in objects if self.live(found)}

    def versions(self, objects: Iterable[Body]) -> dict[Key, tuple[str, str]]:
        """Answer uid and version of each of these objects that the cluster has."""
        live = {key(found): self.live(found) for found in objects}
        return {
            at: (found["metadata"]["uid"], found["metadata"]["resourceVersion"])
            for at, found in live.items()
            if found
        }

    def jobs(self, begins: str) -> list[Body]:
        """Answer the Jobs whose names begin so."""
        found: list[Body] = self.plane.ask("GET", self._jobs)["items"]
        return [each for each in found if each["metadata"]["name"].startswith(begins)]

    def pods(self, begins: str) -> list[str]:
        """Answer the names of the pods whose names begin so."""
        path = f"/api/v1/namespaces/{self.name}/pods"
        names = [each["metadata"]["name"] for each in self.plane.ask("GET", path)["items"]]
        return [name for name in names if name.startswith(begins)]

    def waiting(self, reason: str) -> bool:
        """Answer whether a pod waits for that reason."""
        return reason in str(self.plane.ask("GET", f"/api/v1/namespaces/{self.name}/pods")["items"])

    def image(self, location: str) -> str | None:
        """Answer the image of a code location, None when it is not deployed."""
        metadata = {"name": f"dagster-code-{location}", "namespace": self.name}
        found = self.live({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata})
        if found is None:
            return None
        image: str = found["spec"]["template"]["spec"]["containers"][0]["image"]
        return image

    def claims(self) -> list[Body]:
        """Answer the claims of disks."""
        path = f"/api/v1/namespaces/{self.name}/persistentvolumeclaims"
        claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim"}
        return [claim | {"metadata": it["metadata"]} for it in self.plane.ask("GET", path)["items"]]

    def delete_jobs(self, begins: str) -> None:
        """Delete Jobs with their pods, as `kubectl delete job` does."""
        for found in self.jobs(begins):
            path = f"{self._jobs}/{found['metadata']['name']}"
            self.plane.ask("DELETE", path, {"propagationPolicy": "Background"})

    def patch(self, found: Mapping[str, Any], body: object) -> None:
        """Change an object behind Argo CD's back."""
        self.plane.ask("PATCH", self.plane.path(found), body, MERGE)

    def patch_status(self, found: Mapping[str, Any], status: object) -> None:
        """Say of an object what its controller would."""
        self.plane.ask("PATCH", f"{self.plane.path(found)}/status", {"status": status}, MERGE)

    def run_now(self, schedule: Body) -> None:
        """Run a CronJob, as `kubectl create job --from` does."""
        metadata = (self.live(schedule) or {})["metadata"]
        owner = {"apiVersion": "batch/v1", "kind": "CronJob", "controller": True}
        owner |= {"name": metadata["name"], "uid": metadata["uid"]}
        body = {
            "metadata": {"name": "by-hand", "ownerReferences": [owner]},
            "spec": schedule["spec"]["jobTemplate"]["spec"],
        }
        self.plane.ask("POST", self._jobs, body)

    def sooner(self, job: Body) -> None:
        """Bring a Job's deadline nearer."""
        path = f"{self._jobs}/{job['metadata']['name']}"
        self.plane.ask("PATCH", path, {"spec": {"activeDeadlineSeconds": 1}}, MERGE)
