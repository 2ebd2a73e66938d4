"""A report for programs."""

from typing import Any

from floe_deploy.rules.report import Report
from floe_deploy.rules.rule import Finding, Rule


def told(report: Report) -> dict[str, Any]:
    """Answer a report as JSON has it."""
    return {
        "environment": report.environment,
        "findings": [_finding(finding) for finding in report.findings],
        "exceptions": [
            exception.model_dump() | {"findings": [_finding(finding) for finding in findings]}
            for exception, findings in report.excepted
        ],
    }


def rule(of: Rule) -> dict[str, str]:
    """Answer a rule as JSON has it."""
    return {
        "id": of.id,
        "severity": of.severity,
        "summary": of.summary,
        "why": of.why,
        "fix": of.remedy,
        "documentation": of.documentation,
    }


def _finding(finding: Finding) -> dict[str, str]:
    return {
        "rule": finding.rule.id,
        "severity": finding.rule.severity,
        "object": finding.object,
        "file": finding.file,
        "found": finding.breach.found,
        "allowed": finding.breach.allowed,
        "fix": finding.fix,
        "documentation": finding.rule.documentation,
    }
