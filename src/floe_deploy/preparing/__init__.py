"""What Jobs make in the cluster before the gate: Secrets, catalogs, clients.

Each may run again: what is there is left as it is, and what is missing is made.
"""

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import ValidationError

from floe_constructs.problem import Problem, problems_of
from floe_constructs.spec import Spec
from floe_constructs.yaml_text import load
from floe_deploy.errors import InputError

T = TypeVar("T", bound=Spec)


def told(path: Path, kind: type[T]) -> T:
    """Answer what a file says is to be there.

    Raises:
        InputError: it says nothing of the kind.

    """
    try:
        return kind.model_validate(load(path.read_text("utf-8")))
    except ValidationError as failure:
        raise InputError(f"{path} is not valid:", problems_of(failure, kind)) from failure
    except (UnicodeDecodeError, yaml.YAMLError) as failure:
        raise InputError(
            f"{path} is not valid:", [Problem(where=str(path), found="no YAML")]
        ) from (failure)
