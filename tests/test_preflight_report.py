"""The report of a run: four forms, one verdict."""

import json
from dataclasses import replace
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from click import unstyle

from floe_deploy.preflight import text
from floe_deploy.preflight.finding import Finding
from floe_deploy.preflight.junit import junit
from floe_deploy.preflight.report import Report, exit_code, ignoring, report

FINE = Finding(
    id="postgres.dagster",
    service="postgres",
    title="login",
    status="ok",
    message="PostgreSQL 16.4, login as dagster",
    duration_ms=12,
    details={"version": "16.4"},
)
BROKEN = Finding(
    id="storage",
    service="storage",
    title="list",
    status="error",
    message="bucket lake not found at s3",
    remediation="Create it",
    code="S3_BUCKET_MISSING",
    stage="authz",
    definitive=True,
    duration_ms=40,
)
SKIPPED = Finding(
    id="storage.write",
    service="storage",
    title="write",
    status="warning",
    message="not tried, because storage failed",
    remediation="Mend that first",
    code="SKIPPED",
    stage="operation",
)
SLOW = replace(
    FINE,
    status="warning",
    code="SLOW_RESPONSE",
    stage="operation",
    message="3000 ms, above 2000 ms",
    remediation="Check the region",
)
ALL = [FINE, BROKEN, SKIPPED]


def as_json(findings: list[Finding], *, strict: bool = False) -> Report:
    return report(findings, environment="prod", milliseconds=1234, strict=strict)


@pytest.mark.requirement("FR-015", "FR-020")
def test_the_json_report_has_the_contracts_names_and_fits_its_own_schema() -> None:
    told = json.loads(as_json(ALL).model_dump_json())
    jsonschema.validate(told, Report.model_json_schema(mode="serialization"))
    assert set(told) == {
        "schema_version",
        "timestamp",
        "environment",
        "overall_status",
        "duration_ms",
        "checks",
    }
    assert told["overall_status"] == "fail"
    assert told["checks"][1] == {
        "id": "storage",
        "service": "storage",
        "status": "error",
        "code": "S3_BUCKET_MISSING",
        "stage": "authz",
        "message": "bucket lake not found at s3",
        "remediation": "Create it",
        "definitive": True,
        "duration_ms": 40,
        "details": {},
    }


@pytest.mark.requirement("FR-020")
def test_a_fault_is_one_line_with_service_status_and_what_to_do() -> None:
    lines = text.short(ALL, 1234, strict=False)
    assert "\n".join(lines) == (
        "[STORAGE] ERROR: storage: bucket lake not found at s3 (S3_BUCKET_MISSING). "
        "Remediation: Create it\n"
        "preflight failed: 3 checks, 1 error, 1 skipped in 1.2 s"
    )


def test_the_table_shows_every_check_and_then_what_to_do() -> None:
    lines = [unstyle(line) for line in text.table(ALL, "preflight prod", 1234, strict=False)]
    assert [line.split()[1] for line in lines[1:4]] == [found.id for found in ALL]
    assert lines[-1] == "preflight failed: 3 checks, 1 error, 1 skipped in 1.2 s"
    assert sum("Remediation:" in line for line in lines) == 1


def test_a_run_in_which_all_is_well_says_so() -> None:
    assert text.short([FINE], 310, strict=False) == ["preflight passed: 1 check in 0.3 s"]


def test_junit_has_one_case_for_each_check_however_many_warnings_it_has() -> None:
    found = [SLOW, replace(SLOW, code="CLOCK_SKEW", message="apart"), BROKEN, SKIPPED]
    suite = ET.fromstring(junit(found, "prod", 1234, strict=False)).find("testsuite")  # noqa: S314
    assert suite is not None
    assert suite.attrib == {
        "name": "prod",
        "tests": "3",
        "failures": "1",
        "errors": "0",
        "skipped": "1",
        "time": "1.234",
    }
    cases = suite.findall("testcase")
    assert [case.get("name") for case in cases] == ["postgres.dagster", "storage", "storage.write"]
    assert [child.tag for case in cases for child in case] == ["system-out", "failure", "skipped"]
    failure = cases[1].find("failure")
    assert failure is not None
    assert failure.get("type") == "S3_BUCKET_MISSING"
    assert "Remediation: Create it" in (failure.text or "")


def test_junit_holds_whatever_a_server_says() -> None:
    told = junit([replace(BROKEN, message="\x00<&>\x1b[31m")], "prod", 1, strict=False)
    assert ET.fromstring(told).find(".//failure") is not None  # noqa: S314


@pytest.mark.parametrize(
    ("findings", "strict", "gate", "code"),
    [
        ([FINE], False, False, 0),
        ([SLOW], False, False, 0),
        ([SLOW], True, False, 1),
        (ALL, False, False, 1),
        ([FINE], True, True, 0),
        (ALL, False, True, 78),
        ([replace(BROKEN, definitive=False), SKIPPED], False, True, 1),
        ([SLOW], True, True, 1),
    ],
)
def test_the_exit_code_follows_the_result(
    findings: list[Finding],
    strict: bool,  # noqa: FBT001
    gate: bool,  # noqa: FBT001
    code: int,
) -> None:
    assert exit_code(findings, strict=strict, gate=gate) == code
    failed = as_json(findings, strict=strict).overall_status == "fail"
    assert failed == (code != 0)
    assert ("failed" in text.summary(findings, 1, strict=strict)) == failed
    suite = ET.fromstring(junit(findings, "x", 1, strict=strict))  # noqa: S314
    assert (suite.find(".//failure") is not None) == failed


def test_an_ignored_fault_is_shown_and_does_not_count() -> None:
    found = ignoring(ALL, ["S3_BUCKET_MISSING", "SKIPPED"])
    assert exit_code(found, strict=True, gate=True) == 0
    assert found[1].message == "bucket lake not found at s3 (ignored)"
    assert found[1].code == "S3_BUCKET_MISSING"
