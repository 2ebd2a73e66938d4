"""Cases of every rule: changes of prod that break it, and changes that nearly do."""

from rule_cases import Cases
from rule_examples import (
    capacity,
    components,
    credentials,
    delivery,
    engines,
    existence,
    exposure,
    gate,
    jobs,
    metadata,
    names,
    network,
    phases,
    pods,
    selectors,
)

_SUBJECTS = (
    pods, credentials, existence, selectors, phases, jobs, gate, engines, delivery, network,
    exposure, metadata, names, capacity, components,
)  # fmt: skip

BROKEN: Cases = {rule: cases for subject in _SUBJECTS for rule, cases in subject.BROKEN.items()}
"""What breaks each rule, the plainest case first; nothing else is found in any of them."""

KEPT: Cases = {rule: cases for subject in _SUBJECTS for rule, cases in subject.KEPT.items()}
"""What nearly breaks each rule, and breaks none."""
