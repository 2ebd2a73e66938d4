"""Reading what preflight checks: a file, or environment variables."""

import json
from pathlib import Path

from pydantic import ValidationError

from floe_constructs.preflight.targets import PreflightConfig
from floe_constructs.problem import Problem, problems_of
from floe_deploy import yaml_file
from floe_deploy.errors import InputError

FILE = Path("preflight.yaml")
"""What is read when nothing else is said."""


class NoConfigurationError(InputError):
    """There is nothing that says what to check."""


def read(file: Path | None) -> PreflightConfig:
    """Answer what to check: what a file says, `preflight.yaml` when none is named.

    Raises:
        InputError: the file is not there or not valid; the message tells all that is wrong.

    """
    path = file or FILE
    if not path.exists():
        problem = Problem(
            where=str(path),
            found="no such file",
            fix="name one with --config, or an environment with --env",
        )
        raise NoConfigurationError("There is nothing to check:", [problem])
    try:
        return PreflightConfig.model_validate_json(json.dumps(yaml_file.read(path)), strict=True)
    except yaml_file.YamlFileError as failure:
        problems = list(failure.problems)
    except ValidationError as failure:
        problems = problems_of(failure, PreflightConfig)
    raise InputError(f"{path} is not what preflight reads:", problems)
