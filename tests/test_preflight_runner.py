"""Running checks: at once, in order, in time, and never a program error taken for a service's."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest
from pydantic import SecretStr

from floe_constructs.preflight.targets import Kept, Warnings
from floe_constructs.problem import Problem
from floe_deploy.preflight import layers
from floe_deploy.preflight.check import Check, Probe, Service
from floe_deploy.preflight.code import Answer, Stage
from floe_deploy.preflight.credentials import Credentials
from floe_deploy.preflight.finding import Finding
from floe_deploy.preflight.redaction import HIDDEN
from floe_deploy.preflight.runner import run
from floe_deploy.preflight.selection import select, unknown

Run = Callable[[Probe], Awaitable[Answer]]


def check(id: str, run: Run, *, requires: str = "", service: Service = "storage") -> Check:
    return Check(id=id, service=service, title=id, hint="here", run=run, requires=requires)


def ran(
    *checks: Check,
    seconds: float = 5,
    deadline: float = 5,
    credentials: Credentials | None = None,
    thresholds: Warnings | None = None,
) -> list[Finding]:
    return run(
        checks,
        credentials or Credentials(),
        seconds=seconds,
        deadline=deadline,
        thresholds=thresholds,
    )


async def fine(probe: Probe) -> Answer:
    return Answer(message="well", details={"stage": probe.stage})


async def refused(_: Probe) -> Answer:
    raise layers.CONN_REFUSED(host="db", port=5432)


@pytest.mark.requirement("FR-020")
def test_a_program_error_is_never_told_as_a_failed_service() -> None:
    async def wrong(_: Probe) -> Answer:
        raise KeyError("a secret key")

    (found,) = ran(check("storage", wrong))
    assert (found.code, found.status, found.definitive) == ("UNEXPECTED", "error", False)
    assert found.message == "a fault of floe itself (KeyError): it says nothing about the service"
    assert "FLOE_TRACEBACK" in found.remediation
    assert "traceback" not in str(found).lower().replace("floe_traceback", "")


def test_where_a_program_error_is_can_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    async def wrong(_: Probe) -> Answer:
        raise KeyError("x")

    monkeypatch.setenv("FLOE_TRACEBACK", "1")
    (found,) = ran(check("storage", wrong))
    assert "test_preflight_runner" in str(found.details["traceback"])


def test_all_checks_run_at_once() -> None:
    async def slow(_: Probe) -> Answer:
        await asyncio.sleep(0.5)
        return Answer(message="")

    began = time.monotonic()
    found = ran(*(check(f"storage.{number}", slow) for number in range(8)))
    assert [one.id for one in found] == [f"storage.{number}" for number in range(8)]
    assert time.monotonic() - began < 2


def test_what_builds_on_a_failed_check_is_skipped_and_says_so() -> None:
    last = check("storage.write.again", fine, requires="storage.write")
    root, write = check("storage", refused), check("storage.write", fine, requires="storage")
    found = ran(root, write, last, check("catalog", fine))
    assert [one.code for one in found] == ["CONN_REFUSED", "SKIPPED", "SKIPPED", "OK"]
    assert found[1].message == "not tried, because storage failed"
    assert {found[1].status, found[2].status} == {"warning"}


@pytest.mark.requirement("FR-020")
@pytest.mark.parametrize(
    ("stage", "code"),
    [
        (Stage.DNS, "DNS_TIMEOUT"),
        (Stage.TCP, "CONN_TIMEOUT"),
        (Stage.AUTH, "RESPONSE_TIMEOUT"),
        (Stage.OPERATION, "RESPONSE_TIMEOUT"),
        (Stage.CONFIG, "DEADLINE"),
    ],
)
def test_when_time_is_up_the_layer_that_did_not_answer_is_named(stage: Stage, code: str) -> None:
    async def silent(probe: Probe) -> Answer:
        probe.at(stage, "db.example:5432")
        await asyncio.sleep(60)
        return Answer(message="")

    (found,) = ran(check("postgres", silent), seconds=0.2)
    assert (found.code, found.stage, found.status) == (code, stage, "error")
    assert code == "DEADLINE" or "db.example" in found.message


@pytest.mark.requirement("SC-003")
@pytest.mark.parametrize("blocks", ["the loop", "a thread"])
def test_a_library_that_blocks_does_not_hold_a_run_beyond_its_deadline(blocks: str) -> None:
    async def stuck(probe: Probe) -> Answer:
        probe.at(Stage.AUTH, "snowflake:443")
        if blocks == "the loop":
            time.sleep(3)  # noqa: ASYNC251  what a library may do
        else:
            await asyncio.to_thread(time.sleep, 3)
        return Answer(message="")

    began = time.monotonic()
    (found,) = ran(check("compute", stuck), deadline=0.5)
    assert time.monotonic() - began < 1.5
    assert (found.code, found.message) == (
        "RESPONSE_TIMEOUT",
        "connected to snowflake:443, then no answer in 0.5 s",
    )


def test_a_slow_answer_is_a_warning() -> None:
    async def slow(_: Probe) -> Answer:
        await asyncio.sleep(0.05)
        return Answer(message="")

    (found,) = ran(check("compute", slow), thresholds=Warnings(slow_ms=20))
    assert (found.code, found.status) == ("SLOW_RESPONSE", "warning")
    assert "above 20 ms" in found.message


@pytest.mark.requirement("SC-004")
def test_nothing_that_leaves_a_run_holds_a_credential() -> None:
    kept = Kept(env="PASSWORD")

    async def careless(probe: Probe) -> Answer:
        password = probe.text(kept)
        probe.redactor.hide("handed-out")
        probe.details["seen"] = [f"login {password}", {"token": "handed-out"}]
        raise layers.DNS_NOT_FOUND(host=f"{password}.example")

    (found,) = ran(
        check("postgres", careless), credentials=Credentials({kept: SecretStr("hunter2")})
    )
    assert found.message == f"cannot resolve {HIDDEN}.example"
    assert found.details == {"seen": [f"login {HIDDEN}", {"token": HIDDEN}]}


# which of them

CHECKS = [
    check("storage", fine),
    check("storage.write", fine, requires="storage"),
    check("postgres.dagster", fine, service="postgres"),
    check("postgres.dagster.rights", fine, requires="postgres.dagster", service="postgres"),
    check("postgres.marquez", fine, service="postgres"),
]


def chosen(*services: Service, only: str = "", skip: str = "") -> list[str]:
    return [
        one.id for one in select(CHECKS, services=services, only=only.split(), skip=skip.split())
    ]


def test_checks_are_chosen_by_service_and_by_the_beginning_of_their_id() -> None:
    assert chosen() == [one.id for one in CHECKS]
    assert chosen("storage") == ["storage", "storage.write"]
    assert chosen(only="postgres") == [one.id for one in CHECKS[2:]]
    assert chosen(only="postgres.marquez storage") == [
        "storage",
        "storage.write",
        "postgres.marquez",
    ]


def test_a_check_brings_what_it_builds_on_and_takes_along_what_builds_on_it() -> None:
    assert chosen(only="storage.write") == ["storage", "storage.write"]
    assert chosen(skip="postgres.dagster") == ["storage", "storage.write", "postgres.marquez"]
    assert chosen(skip="storage.write", only="storage") == ["storage"]


def test_a_check_that_there_is_not_is_told_with_the_nearest() -> None:
    (problem,) = unknown(CHECKS, [], "--skip", ["postgres.dagser"])
    assert isinstance(problem, Problem)
    assert problem.fix == "did you mean postgres.dagster?"
