"""Which rules an environment's objects break, and which of them it may."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from floe_constructs.problem import Problem
from floe_deploy.errors import InputError
from floe_deploy.rules import delivery
from floe_deploy.rules.catalog import RULES
from floe_deploy.rules.exception import RuleException
from floe_deploy.rules.objects import Object, Objects
from floe_deploy.rules.rule import Breach, Finding, Rule, Severity

UNUSED = Rule(
    id="exception-unused",
    summary="An exception is for an object that breaks its rule.",
    why="What it was for is gone or mended. Left there, it would hide the next fault.",
    remedy="remove it from `exceptions`, or correct its rule or object",
    check=lambda _: (),
)
"""What holds for the exceptions of an overlay, in place of objects."""

ALL = (*RULES, UNUSED)
"""All that a report may speak of."""

_HASH = re.compile(r"(?<=^Job/)(.+)-[0-9a-f]{10}$")


@dataclass(frozen=True, kw_only=True)
class Report:
    """What the rules say of one environment."""

    environment: str
    """Name of the environment."""

    findings: tuple[Finding, ...]
    """Rules that are broken without leave, errors first."""

    excepted: tuple[tuple[RuleException, tuple[Finding, ...]], ...]
    """Exceptions in force, and what they allow."""

    def of(self, severity: Severity) -> list[Finding]:
        """Answer the findings of one severity."""
        return [finding for finding in self.findings if finding.rule.severity is severity]

    def enforce(self) -> None:
        """Refuse objects that break a rule of severity error.

        Raises:
            InputError: with all of them.

        """
        problems = [
            Problem(
                where=f"{finding.file}: {finding.rule.id}",
                found=finding.breach.found,
                allowed=finding.breach.allowed,
                fix=finding.fix,
            )
            for finding in self.of(Severity.ERROR)
        ]
        if problems:
            raise InputError(f"{self.environment}: objects break the rules", problems)


def findings(objects: Iterable[Object], rules: Sequence[Rule] = RULES) -> Iterator[Finding]:
    """Answer every way in which objects break rules."""
    everything = list(objects)
    for rule in rules:
        for item in everything:
            for breach in rule.check(item):
                yield Finding(rule=rule, object=str(item), file=item.file, breach=breach)


def report(objects: Objects, exceptions: Sequence[RuleException] = ()) -> Report:
    """Hold an environment's objects to every rule."""
    open_, allowed = [], {exception: list[Finding]() for exception in exceptions}
    for finding in (*findings(objects), *findings(objects.delivery, delivery.RULES)):
        of_it = [said for said in exceptions if _is_for(said, finding)]
        for exception in of_it:
            allowed[exception].append(finding)
        if not of_it:
            open_.append(finding)
    open_ += [_unused(exception) for exception, used in allowed.items() if not used]
    open_.sort(key=lambda finding: finding.rule.severity is not Severity.ERROR)
    return Report(
        environment=objects.environment,
        findings=tuple(open_),
        excepted=tuple((said, tuple(used)) for said, used in allowed.items() if used),
    )


def _is_for(exception: RuleException, finding: Finding) -> bool:
    names = {finding.object, _HASH.sub(r"\1", finding.object)}
    return exception.rule == finding.rule.id and exception.object in names


def _unused(exception: RuleException) -> Finding:
    breach = Breach(found=f"an exception of {exception.rule}, which {exception.object} keeps")
    return Finding(rule=UNUSED, object=exception.object, file="environment.yaml", breach=breach)
