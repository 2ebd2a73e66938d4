"""A report for people."""

from collections.abc import Iterator
from itertools import groupby

from floe_deploy.rules.report import Report
from floe_deploy.rules.rule import Breach, Finding, Rule, Severity


def told(report: Report) -> Iterator[str]:
    """Answer the lines of a report: each broken rule once, with the objects that break it."""
    yield f"{report.environment}: {_summary(report)}"
    for rule, found in groupby(report.findings, key=lambda finding: finding.rule):
        yield from _broken(rule, list(found))
    if report.excepted:
        yield "  excepted"
    for exception, findings in report.excepted:
        count = f" ({len(findings)} times)" if len(findings) > 1 else ""
        yield f"    {exception.object} may break {exception.rule}{count}: {exception.reason}"


def rules(all_of_them: tuple[Rule, ...]) -> Iterator[str]:
    """Answer the lines that explain every rule."""
    for rule in all_of_them:
        yield f"{rule.id} ({rule.severity}): {rule.summary}"
        yield f"    Why: {rule.why}"
        yield f"    Fix: {rule.remedy}."


def _summary(report: Report) -> str:
    counts = [_count(len(report.of(severity)), severity) for severity in Severity]
    counts += [_count(len(report.excepted), "exception")]
    return ", ".join(filter(None, counts)) or "no findings"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("s" if number > 1 else "") if number else ""


def _broken(rule: Rule, findings: list[Finding]) -> Iterator[str]:
    yield f"  {rule.severity} {rule.id}: {rule.summary}"
    alike: dict[Breach, list[Finding]] = {}
    for finding in findings:
        alike.setdefault(finding.breach, []).append(finding)
    width = max(len(finding.object) for finding in findings)
    for breach, found in alike.items():
        parts = [breach.found, f"allowed: {breach.allowed}" if breach.allowed else "", breach.fix]
        yield f"    {'; '.join(filter(None, parts))}"
        for finding in found:
            yield f"      {finding.object:{width}}  {finding.file}"
    yield f"    fix: {rule.remedy}"
