"""`dist/` of all environments on one real cluster, by server-side apply, side by side."""

from collections.abc import Iterator
from functools import partial

import pytest

from api_server import Body
from cluster import Cluster
from test_dist import ENVIRONMENTS, Manifest, key, manifests

pytestmark = [pytest.mark.tools, pytest.mark.slow]

DIST = {environment: manifests(environment) for environment in ENVIRONMENTS}


def namespace(environment: str) -> str:
    (name,) = (
        found["metadata"]["name"] for found in DIST[environment] if found["kind"] == "Namespace"
    )
    return str(name)


def scheduled(environment: str) -> Iterator[Manifest]:
    """Answer a Job of each CronJob, as `kubectl create job --from` makes one."""
    for found in DIST[environment]:
        if found["kind"] == "CronJob":
            metadata = {key: found["metadata"][key] for key in ("name", "namespace")}
            spec = found["spec"]["jobTemplate"]["spec"]
            yield {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": spec}


@pytest.fixture(scope="module")
def applied(cluster: Cluster) -> Iterator[Cluster]:
    """Bring in all of it, in the order of the phases."""
    cluster.plane.warnings.clear()
    for objects in DIST.values():
        cluster.plane.apply(objects)
    yield cluster
    cluster.remove(found for objects in DIST.values() for found in objects)


def test_nothing_is_refused_and_nothing_is_warned_of(applied: Cluster) -> None:
    assert applied.plane.warnings == []


@pytest.mark.requirement("FR-011")
def test_pods_are_admitted_to_their_restricted_namespaces_and_all_get_ready(
    applied: Cluster,
) -> None:
    for environment in ENVIRONMENTS:
        space = namespace(environment)
        labels = applied.plane.ask("GET", f"/api/v1/namespaces/{space}")["metadata"]["labels"]
        assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
        applied.plane.apply(scheduled(environment))
        applied.until(partial(applied.settled, space), partial(events, applied, space))
        claims = f"/api/v1/namespaces/{space}/persistentvolumeclaims"
        for claim in applied.plane.ask("GET", claims)["items"]:
            assert claim["status"]["phase"] == "Bound"


def events(cluster: Cluster, space: str) -> list[str]:
    found = cluster.plane.ask("GET", f"/api/v1/namespaces/{space}/events")["items"]
    return [f"{each['involvedObject']['name']}: {each['message']}" for each in found]


def test_applying_all_of_it_again_changes_nothing(applied: Cluster) -> None:
    for environment in ENVIRONMENTS:
        for found in DIST[environment]:
            before = applied.plane.ask("GET", applied.plane.path(found))
            (after,) = applied.plane.apply([found])
            assert state(after) == state(before), key(found)


def state(found: Body) -> object:
    """Answer which object it is, and in which state.

    What controllers say of it meanwhile does not count: it is the time at which the API server saw
    a change in what was applied that does.
    """
    metadata = found["metadata"]
    if "status" not in found:
        return metadata["uid"], metadata["resourceVersion"]
    return metadata["uid"], [it for it in metadata["managedFields"] if it["manager"] == "tests"]


def test_deleting_an_environment_leaves_the_others_as_they_are(applied: Cluster) -> None:
    gone, *others = ENVIRONMENTS
    paths = [applied.plane.path(found) for environment in others for found in DIST[environment]]
    before = [state(applied.plane.ask("GET", path)) for path in paths]
    applied.remove(DIST[gone])
    assert [state(applied.plane.ask("GET", path)) for path in paths] == before
    for environment in others:
        assert applied.settled(namespace(environment))
