"""Every failure that a user may meet.

FloeError
├── InputError         exit 2: what the user gave is wrong
├── FindingError       exit 1: a check failed or a difference was found
└── NotPreparedError   exit 1: what has to be there could not be made
"""

from collections.abc import Sequence

from floe_constructs.problem import Problem

MOST = 50
"""Problems in one message; a file that is no overlay at all would have thousands."""


class FloeError(Exception):
    """Base of expected failures; the message is for the user."""

    exit_code = 2


class InputError(FloeError):
    """What the user gave is wrong: a subject and all that is wrong with it."""

    def __init__(self, subject: str, problems: Sequence[Problem] = ()) -> None:
        """Compose one message: the subject, then a line for each problem."""
        self.problems = tuple(problems)
        lines = [subject, *(f"  {problem}" for problem in problems[:MOST])]
        if len(problems) > MOST:
            lines.append(f"  … and {len(problems) - MOST} more")
        super().__init__("\n".join(lines))


def missing_extra(extra: str) -> InputError:
    """Answer what to say when a command needs packages that the base installation leaves out."""
    return InputError(f"This command needs the extra `{extra}`: pip install 'floe-deploy[{extra}]'")


class FindingError(FloeError):
    """A check failed or a difference was found; the report has been printed."""

    exit_code = 1


class NotPreparedError(FloeError):
    """What has to be there before a release could not be made; another try may do."""

    exit_code = 1
