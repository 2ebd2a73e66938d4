"""What an overlay says of the demo reaches the demo's own code, word for word."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dagster import ScheduleDefinition
from hypothesis import given, strategies
from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from floe_constructs.dagster import flows
from floe_constructs.dagster.demo import HOME, PREFIX, Batches, DemoSpec, ServingDatabase
from floe_constructs.dagster.environment import TMP, user_variables
from floe_constructs.kubernetes.schedule import CronSchedule
from floe_constructs.kubernetes.secret import SecretKey
from floe_constructs.spec import Spec
from floe_demo import settings
from floe_demo.settings import Settings
from floe_demo.warehouse.serving import login
from test_overlay import refused, wired

pytestmark = pytest.mark.requirement("FR-025")
OF_THE_CODE = {"seed", "home"}
"""What the demo's code can be told and an overlay leaves alone, or decides for itself."""
SERVING: dict[str, Any] = {
    "host": "postgres",
    "database": "marts",
    "user": "demo",
    "password": {"name": "demo-postgres", "key": "password"},
}


def flat(model: type[Spec], above: str = "") -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, Spec):
            yield from flat(kind, f"{above}{name}_")
        elif name != "serving":
            yield f"{above}{name}", field


def test_overlay_and_code_have_the_same_settings_with_the_same_defaults_and_bounds() -> None:
    said = dict(flat(DemoSpec))
    read = {name: it for name, it in Settings.model_fields.items() if name not in OF_THE_CODE}
    assert PREFIX == settings.PREFIX
    assert {name: it.default for name, it in said.items()} == {
        name: it.default for name, it in read.items()
    }
    del said["schedule_cron"], read["schedule_cron"]  # which Dagster alone can judge, below
    assert {name: (it.annotation, it.metadata) for name, it in said.items()} == {
        name: (it.annotation, it.metadata) for name, it in read.items()
    }


@pytest.mark.requirement("FR-026")
def test_the_code_reads_what_the_overlay_says() -> None:
    said = {
        "enabled": True,
        "schedule": {"cron": "0 */2 * * 1-5", "batch_size": 7},
        "data_quality": {
            "null_rate": 0.5,
            "duplicate_rate": 0,
            "late_arrival_rate": 1,
            "max_late_days": 0.25,
        },
        "burst": {"enabled": True, "records_per_second": 9},
        "observability": {"marquez": False, "jaeger": False},
        "retention_days": 3,
        "saas": {"enabled": True},
        "serving": SERVING | {"port": 6432},
    }
    variables = DemoSpec.model_validate_json(json.dumps(said), strict=True).variables
    password = variables.pop("SERVING_PG_PASSWORD")
    assert password == SecretKey(name="demo-postgres", key="password")
    texts = {name: str(value) for name, value in variables.items()}
    read = Settings.read(texts)
    assert read == Settings(
        enabled=True,
        schedule_cron="0 */2 * * 1-5",
        schedule_batch_size=7,
        data_quality_null_rate=0.5,
        data_quality_duplicate_rate=0,
        data_quality_late_arrival_rate=1,
        data_quality_max_late_days=0.25,
        burst_enabled=True,
        burst_records_per_second=9,
        observability_marquez=False,
        observability_jaeger=False,
        retention_days=3,
        saas_enabled=True,
        home=Path(HOME),
    )
    assert login(texts | {"SERVING_PG_PASSWORD": "it's"}) == (
        "host 'postgres', port '6432', database 'marts', user 'demo', password 'it''s'"
    )
    assert Settings.read({k: str(v) for k, v in DemoSpec().variables.items()}) == Settings(
        home=Path(HOME)
    )
    assert HOME.startswith(f"{TMP}/"), "the one folder that pods may write to"


def fields(least: int, most: int) -> strategies.SearchStrategy[str]:
    number = strategies.integers(least, most)
    step = strategies.one_of(strategies.just(""), number.map("/{}".format))
    one = strategies.one_of(
        step.map("*{}".format),
        strategies.builds("{}{}".format, number, step),
        strategies.builds("{}-{}{}".format, number, number, step),
    )
    return strategies.lists(one, min_size=1, max_size=3).map(",".join)


CRON = strategies.tuples(
    *(fields(*range_) for range_ in ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6)))
).map(" ".join)
TAKEN = TypeAdapter(CronSchedule)


@pytest.mark.requirement("FR-026")
@given(CRON)
def test_each_time_that_the_overlay_takes_dagster_takes(cron: str) -> None:
    try:
        TAKEN.validate_python(cron)
    except ValidationError:
        return
    assert ScheduleDefinition(job_name="shop", cron_schedule=cron).cron_schedule == cron


@pytest.mark.requirement("FR-026")
@pytest.mark.parametrize(
    ("cron", "why"),
    [
        ("0 0 30 2 *", "day 30 never comes in months 2"),
        ("0 0 30/2 2 *", "day 30 never comes in months 2"),
        ("0 0 31 4,6 *", "day 31 never comes in months 4,6"),
        ("0 0 30-31 2,10 1-5", ""),
        ("*/5 * * *", "five fields"),
        ("0 24 * * *", "'24' is no hour"),
        ("@hourly", "five fields"),
        ("*/60 * * * *", "a step beyond its last minute"),
        ("0 0 * * 1-1", "ranges upwards"),
        ("0 0 29 2 *", ""),
        ("0 0 30 */2 *", ""),
    ],
)
def test_a_time_that_never_comes_or_is_none_is_told(cron: str, why: str) -> None:
    if not why:
        assert Batches(cron=cron).cron == cron
        return
    with pytest.raises(ValidationError) as failure:
        Batches(cron=cron)
    (fault,) = failure.value.errors()
    assert why in fault["msg"] or fault["type"] == "string_pattern_mismatch"


def again(settings: dict[str, Any]) -> dict[str, Any]:
    (location,) = settings["dagster"]["code_locations"]
    copied: dict[str, Any] = json.loads(json.dumps(location))
    return copied | {"name": "again"}


def test_servers_and_runs_of_the_demo_alone_are_told_and_its_runs_alone_serve(
    tmp_path: Path,
) -> None:
    def beside(settings: dict[str, Any], _: object) -> None:
        settings["dagster"]["code_locations"].append(again(settings) | {"module": "other"})

    found = wired(tmp_path, "demo", beside)
    assert found.dagster is not None
    demo, other = found.dagster.deployed
    told = user_variables(found.dagster, demo)
    assert {name for name in told if name.startswith((PREFIX, "SERVING_PG_"))} == set(
        DemoSpec(serving=ServingDatabase.model_validate(SERVING)).variables
    )
    assert told.keys() - user_variables(found.dagster, other).keys() == {
        name for name in told if name.startswith((PREFIX, "SERVING_PG_"))
    }
    serving = [flow.source for flow in found.flows if flow.why == "serve what the models made"]
    assert serving == [flows.runs(found.dagster, demo)]
    targets = [it.target.model_dump() for it in found.targets if it.target.name == "serving"]
    assert [(it["host"], it["database"], it["user"]) for it in targets] == [
        ("postgres", "marts", "marts")
    ]


def without_dagster(settings: dict[str, Any], _: object) -> None:
    settings["dagster"] = None
    settings.pop("exposure", None)


def elsewhere(settings: dict[str, Any], _: object) -> None:
    settings["dagster"] = {"external": "https://dagster.example.com"}
    settings.pop("exposure", None)


def twice(settings: dict[str, Any], _: object) -> None:
    settings["dagster"]["code_locations"].append(again(settings))


def trino(settings: dict[str, Any], _: object) -> None:
    settings["compute"] = {
        "type": "trino",
        "host": "trino.example.com",
        "catalog": "lake",
        "schema": "demo",
        "user": "demo",
    }


def changed(*path: str, to: Any = None) -> Any:
    def change(settings: dict[str, Any], _: object) -> None:
        inner: Any = settings
        for part in path[:-1]:
            inner = inner[int(part)] if part.isdigit() else inner.setdefault(part, {})
        inner[path[-1]] = to

    return change


@pytest.mark.parametrize(
    ("change", "where", "words"),
    [
        (without_dagster, "demo", "no Dagster is deployed here"),
        (elsewhere, "demo", "no Dagster is deployed here"),
        (twice, "demo", "2 code locations that load floe_demo.definitions: demo, again"),
        (
            changed("dagster", "code_locations", "0", "module", to="shop"),
            "demo",
            "module: floe_demo.definitions",
        ),
        (changed("demo", "serving"), "demo.serving", "would go with a run's pod"),
        (trino, "demo.serving", "trino serves its tables itself"),
        (changed("demo", "schedule", to={"cron": "0 0 30 2 *"}), "demo.schedule.cron", "never"),
        (changed("demo", "bursts", to={}), "demo.bursts", "Did you mean burst?"),
        (
            changed("demo", "data_quality", to={"null_rate": 2}),
            "demo.data_quality.null_rate",
            "a number from 0 to 1",
        ),
        (
            changed("demo", "serving", to=SERVING | {"sslmode": "disable"}),
            "demo.serving.sslmode",
            "unknown setting",
        ),
    ],
)
def test_what_cannot_be_is_told_where_it_is_said(
    tmp_path: Path, change: Any, where: str, words: str
) -> None:
    told = refused(tmp_path, "demo", change)
    (line,) = (line for line in told if line.strip().startswith(f"{where}:"))
    assert words in line


def test_artifacts_that_name_another_engine_or_none_are_told(tmp_path: Path) -> None:
    lines = refused(tmp_path, "demo", lambda _, __: None, "spark-s3-cube")
    assert [line for line in lines if "models that do not run on spark" in line]
