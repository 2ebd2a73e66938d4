"""Walking through settings, however deep."""

from pydantic import Field

from floe_constructs.kubernetes.resources import Resources
from floe_constructs.kubernetes.workload import Workload
from floe_constructs.spec import Spec
from floe_deploy import walk

SMALL = Workload(resources=Resources(cpu="100m", memory="128Mi"))


class Inner(Spec):
    workload: Workload | None = None


class Outer(Spec):
    name: str = "outer"
    own: Workload = SMALL
    inner: Inner = Inner()
    many: tuple[Inner, ...] = ()
    named: dict[str, Inner] = Field(default_factory=dict)


def batch(workload: Workload) -> Workload:
    return workload.model_copy(update={"node_selector": {"pool": "batch"}})


def test_a_value_reaches_every_part_however_deep() -> None:
    full = Inner(workload=SMALL)
    changed = walk.each(Outer(inner=full, many=(Inner(), full), named={"a": full}), Workload, batch)
    expected = Inner(workload=batch(SMALL))
    assert changed == Outer(
        own=batch(SMALL), inner=expected, many=(Inner(), expected), named={"a": expected}
    )


def test_what_does_not_change_stays_the_same_object() -> None:
    given = Outer(inner=Inner(workload=SMALL), many=(Inner(),))
    assert walk.each(given, Workload, lambda workload: workload) is given
    assert walk.each(given, Workload, batch).many is given.many
