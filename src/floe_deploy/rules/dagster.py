"""What Dagster needs to be right."""

from collections.abc import Iterator

from floe_deploy.rules.objects import Object
from floe_deploy.rules.rule import Breach, Rule
from floe_deploy.rules.shape import inside, number


def _one_daemon(it: Object) -> Iterator[Breach]:
    words = [
        str(word)
        for container in it.containers
        for part in (container.get("command"), container.get("args"))
        if isinstance(part, list)
        for word in part
    ]
    if "dagster-daemon" not in " ".join(words):
        return
    if number(it.spec.get("replicas"), 1) > 1:
        yield Breach(found=f"{it.spec['replicas']} daemons", allowed="1")
    if it.kind == "Deployment" and inside(it.spec, "strategy").get("type") != "Recreate":
        yield Breach(
            found="a daemon whose next pod starts before the last ends",
            allowed="strategy.type: Recreate",
        )


RULES = (
    Rule(
        id="dagster-one-daemon",
        summary="Dagster has one daemon, never two at once.",
        why="Two would start the runs of a schedule twice.",
        remedy="set one replica that is recreated",
        check=_one_daemon,
    ),
)
