"""The report of a run as JUnit's XML, which CI systems show."""

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from floe_deploy.preflight.finding import Finding
from floe_deploy.preflight.report import failing
from floe_deploy.preflight.text import line

_NOT_IN_XML = {
    number: "\N{REPLACEMENT CHARACTER}" for number in range(32) if number not in {9, 10, 13}
}


def junit(findings: Sequence[Finding], title: str, milliseconds: int, *, strict: bool) -> str:
    """Answer one test case for each check: failed, skipped or passed, warnings in its output."""
    by_id: dict[str, list[Finding]] = {}
    for one in findings:
        by_id.setdefault(one.id, []).append(one)
    failed = {one.id for one in failing(findings, strict=strict)}
    skipped = {one.id for one in findings if one.code == "SKIPPED"}
    suite = ET.Element(
        "testsuite",
        name=title,
        tests=str(len(by_id)),
        failures=str(len(failed)),
        errors="0",
        skipped=str(len(skipped - failed)),
        time=f"{milliseconds / 1000:.3f}",
    )
    for name, found in by_id.items():
        time = f"{max(one.duration_ms for one in found) / 1000:.3f}"
        case = ET.SubElement(suite, "testcase", classname=found[0].service, name=name, time=time)
        told = "\n".join(line(one) for one in found if one.remediation)
        if name in failed:
            codes = ", ".join(one.code for one in found if one.remediation)
            ET.SubElement(
                case, "failure", type=codes, message=_clean(found[0].message)
            ).text = _clean(told)
        elif name in skipped:
            ET.SubElement(case, "skipped", message=_clean(found[0].message))
        elif told:
            ET.SubElement(case, "system-out").text = _clean(told)
    suites = ET.Element("testsuites", name="floe preflight")
    suites.append(suite)
    ET.indent(suites)
    return ET.tostring(suites, encoding="unicode", xml_declaration=True)


def _clean(text: str) -> str:
    """Answer a text without what XML cannot hold: servers say what they like."""
    return text.translate(_NOT_IN_XML)
