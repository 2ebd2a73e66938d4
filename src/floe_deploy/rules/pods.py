"""What every pod has beside what Pod Security demands."""

from collections.abc import Iterator

from floe_deploy.rules.objects import Object
from floe_deploy.rules.rule import Breach, Rule
from floe_deploy.rules.shape import inside, mapping, text


def _numeric_user(it: Object) -> Iterator[Breach]:
    security = mapping(it.pod.spec.get("securityContext")) if it.pod else {}
    for container in it.containers:
        user = (security | mapping(container.get("securityContext"))).get("runAsUser")
        if not isinstance(user, int):
            yield Breach(found=f"container {text(container.get('name'))} without runAsUser")


def _read_only_root(it: Object) -> Iterator[Breach]:
    for container in it.containers:
        if inside(container, "securityContext").get("readOnlyRootFilesystem") is not True:
            yield Breach(found=f"container {text(container.get('name'))} may write to its root")


def _service_links(it: Object) -> Iterator[Breach]:
    if it.pod and it.pod.spec.get("enableServiceLinks") is not False:
        yield Breach(found="a pod with variables for every Service of its namespace")


def _resources(it: Object) -> Iterator[Breach]:
    for container in it.containers:
        given = mapping(container.get("resources"))
        requests, limits = mapping(given.get("requests")), mapping(given.get("limits"))
        missing = [f"requests.{key}" for key in ("cpu", "memory") if key not in requests]
        missing += [] if "memory" in limits else ["limits.memory"]
        if missing:
            name = text(container.get("name"))
            yield Breach(found=f"container {name} without {', '.join(missing)}")


RULES = (
    Rule(
        id="pod-numeric-user",
        summary="Every container runs as a user that is given by number.",
        why="An image whose user is root, or is given by name, is admitted and then not started: "
        "the kubelet cannot tell that it is not root.",
        remedy="set runAsUser, of the pod or the container",
        check=_numeric_user,
    ),
    Rule(
        id="pod-read-only-root",
        summary="Nothing can be written to the root file system of a container.",
        why="What is written there is lost with the container, counts against no limit, and is "
        "where an intruder would leave a program.",
        remedy="set readOnlyRootFilesystem: true, and mount an emptyDir where it has to write",
        check=_read_only_root,
    ),
    Rule(
        id="pod-service-links",
        summary="Pods get no variables for the Services of their namespace.",
        why="A Service `cubestore` sets CUBESTORE_PORT to tcp://…, a Service `marquez` sets "
        "MARQUEZ_PORT: the programs take these for their own settings, and some do not start.",
        remedy="set enableServiceLinks: false",
        check=_service_links,
    ),
    Rule(
        id="resources-set",
        summary="Every container requests CPU and memory, and has a memory limit.",
        why="Without requests the scheduler overfills nodes; without a limit one leak takes its "
        "neighbours along; under a quota the pod is refused.",
        remedy="set requests of CPU and memory, and a memory limit",
        check=_resources,
    ),
)
