"""Where an overlay and the artifacts contradict each other, or leave open what has to be said.

One file for each subject; what one of the two leaves silent is no contradiction.
"""

from floe_constructs.artifacts import CompiledArtifacts
from floe_constructs.problem import Problem
from floe_deploy.conflicts import credentials, cube, demo, exposure, images, observability
from floe_deploy.environment import Environment


def between(environment: Environment, artifacts: CompiledArtifacts) -> list[Problem]:
    """Answer every contradiction."""
    return [
        *credentials.conflicts(environment, artifacts),
        *observability.conflicts(environment, artifacts),
        *cube.conflicts(environment, artifacts),
        *demo.conflicts(environment, artifacts),
        *images.conflicts(environment),
        *exposure.conflicts(environment),
    ]
