"""What an environment may say about Dagster."""

from typing import Any

import pytest
from pydantic import ValidationError

from dagster_example import ELSEWHERE, EVENTS, LOGS, ROLE, SHOP, SMALL
from floe_constructs.dagster import DagsterSettings, DagsterSpec

SETTINGS = {key: value for key, value in SMALL.items() if key not in ("instance", "namespace")}


def refused(**changes: Any) -> str:
    with pytest.raises(ValidationError) as raised:
        DagsterSettings.model_validate(SETTINGS | changes)
    return str(raised.value)


def test_an_overlay_decides_settings_alone() -> None:
    DagsterSettings.model_validate(SETTINGS)
    for name in set(DagsterSpec.model_fields) - set(DagsterSettings.model_fields):
        assert name in refused(**{name: None})


def test_two_locations_cannot_share_a_name() -> None:
    message = refused(code_locations=[SHOP, ELSEWHERE | {"name": "shop"}])
    assert "['shop']" in message


@pytest.mark.parametrize("name", ["Shop", "shop_", "-shop", "shop-", "s" * 51, ""])
def test_a_name_has_to_fit_into_a_service_name(name: str) -> None:
    assert "name" in refused(code_locations=[SHOP | {"name": name}])


def test_the_longest_name_leaves_room_for_what_goes_before_it() -> None:
    settings = DagsterSettings.model_validate(
        SETTINGS | {"code_locations": [SHOP | {"name": "s" * 50}]}
    )
    (location,) = settings.deployed
    assert len(f"dagster-code-{location.name}") <= 63


@pytest.mark.parametrize("module", ["", "shop-definitions", "shop.py.", "../shop", "1shop"])
def test_a_module_is_what_python_can_import(module: str) -> None:
    assert "module" in refused(code_locations=[SHOP | {"module": module}])


def test_a_host_makes_a_location_an_external_one() -> None:
    assert "image" in refused(code_locations=[ELSEWHERE | {"image": "acme/shop:v1"}])
    settings = DagsterSettings.model_validate(SETTINGS | {"code_locations": [SHOP, ELSEWHERE]})
    assert [location.name for location in settings.deployed] == ["shop"]
    assert [location.name for location in settings.external] == ["elsewhere"]


def test_compute_logs_are_read_in_exactly_one_way() -> None:
    for changes in ({"credentials": None}, {"identity": ROLE}):
        assert "exactly one" in refused(compute_logs=LOGS | changes)


@pytest.mark.parametrize("ratio", [-0.1, 1.1])
def test_a_share_of_traces_is_between_none_and_all(ratio: float) -> None:
    traces = {"url": "http://jaeger-collector:4318", "sampler_ratio": ratio}
    with pytest.raises(ValidationError, match="sampler_ratio"):
        DagsterSpec.model_validate(SMALL | {"traces": traces})


NOWHERE = {key: value for key, value in SHOP.items() if key != "module"}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "found none of them"),
        ({"module": "shop", "package": "shop"}, "found module and package"),
        ({"autoload_defs_module": "shop", "attribute": "defs"}, "attribute names one object"),
        ({"python_file": "shop"}, "python_file"),
        ({"module": "shop", "working_directory": "srv"}, "working_directory"),
    ],
)
def test_definitions_are_loaded_from_one_place(given: dict[str, str], told: str) -> None:
    assert told in refused(code_locations=[NOWHERE | given])


@pytest.mark.parametrize("name", ["gpu", "kubernetes.io/gpu", "pods.kubernetes.io/gpu"])
def test_a_device_has_the_name_of_who_makes_it(name: str) -> None:
    runs = {"resources": {"cpu": "1", "memory": "1Gi", "extended": {name: 1}}}
    assert "extended" in refused(code_locations=[SHOP | {"runs": runs}])


LIMIT = {"key": "team", "limit": 1}
EACH = {"applyLimitPerUniqueValue": True}


@pytest.mark.parametrize("value", [{}, {"value": "finance"}, {"value": EACH}])
def test_a_tag_is_limited_once(value: dict[str, Any]) -> None:
    twice = [LIMIT | value, LIMIT | value | {"limit": 2}]
    assert "team" in refused(concurrency={"runs": {"tag_concurrency_limits": twice}})


def test_a_tag_has_a_limit_for_all_each_and_one_of_its_values() -> None:
    limits = [LIMIT, LIMIT | {"value": EACH}, LIMIT | {"value": "finance"}]
    concurrency = {"runs": {"tag_concurrency_limits": limits}}
    DagsterSettings.model_validate(SETTINGS | {"concurrency": concurrency})


def test_a_run_takes_slots_of_pools_at_once_or_step_by_step() -> None:
    pools = {"granularity": "run", "op_granularity_run_buffer": 1}
    assert "op_granularity_run_buffer" in refused(concurrency={"pools": pools})


def test_only_runs_whose_steps_outlive_them_go_on_in_another_pod() -> None:
    on: dict[str, Any] = {"run_monitoring": {"max_resume_run_attempts": 3}}
    assert "['shop']" in refused(**on, code_locations=[SHOP, EVENTS])
    DagsterSettings.model_validate(SETTINGS | on | {"code_locations": [EVENTS, ELSEWHERE]})


def test_the_job_of_a_lost_run_is_there_until_somebody_looks() -> None:
    said = {"run_launcher": {"ttl_seconds_after_finished": 120}}
    assert "more than 120 seconds" in refused(**said)
    DagsterSettings.model_validate(
        SETTINGS | said | {"run_monitoring": {"poll_interval_seconds": 60}}
    )


@pytest.mark.parametrize(
    ("where", "name", "seconds"),
    [
        ("webserver", "live_data_seconds", 0),
        ("webserver", "statement_timeout_seconds", 2_147_484),
        ("run_launcher", "ttl_seconds_after_finished", 2_147_483_648),
    ],
)
def test_times_are_what_their_readers_can_take(where: str, name: str, seconds: int) -> None:
    """Of no time nothing would be said; PostgreSQL's milliseconds and a Job's seconds are int32."""
    said = SETTINGS.get(where, {}) | {name: seconds}
    assert name in refused(**{where: said})


def test_no_tick_is_kept_for_zero_days() -> None:
    """Dagster takes it for the default, which is for ever."""
    assert "-1 for ever" in refused(retention={"sensor": {"purge_after_days": {"skipped": 0}}})


def test_runs_have_the_time_to_start_that_their_code_needs_to_load() -> None:
    slow: dict[str, Any] = {"server": SHOP["server"] | {"startup_seconds": 900}}
    told = refused(code_locations=[SHOP | slow])
    assert "300 seconds are less than the server.startup_seconds of ['shop']" in told
    for limit in (900, 0):
        monitoring = {"start_timeout_seconds": limit}
        DagsterSettings.model_validate(
            SETTINGS | {"code_locations": [SHOP | slow], "run_monitoring": monitoring}
        )


@pytest.mark.parametrize("host", ["169.254.169.254", "168.63.129.16"])
def test_no_workload_may_be_said_to_reach_a_metadata_address(host: str) -> None:
    server = SHOP["server"] | {"reaches": [{"host": host, "port": 80}]}
    assert "give the pods an identity" in refused(code_locations=[SHOP | {"server": server}])
