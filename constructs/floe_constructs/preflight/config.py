"""What the pods that check are told, and how long each part of it may take."""

from floe_constructs.kubernetes.environment import Variable
from floe_constructs.kubernetes.files import Files
from floe_constructs.kubernetes.labels import Labels
from floe_constructs.kubernetes.phase import Phase
from floe_constructs.preflight.spec import FOLDER, GateSettings, PreflightSpec, Suite
from floe_constructs.preflight.targets import PreflightConfig, alike, begins
from floe_constructs.yaml_text import dump

FILE = "preflight.yaml"
"""The configuration, in the folder."""

TMP = "/tmp"  # noqa: S108  the pod's own

DEFINITIVE = 78
"""Exit code of what stays as it is until somebody changes something: it is not tried again."""

_CHECK, _RUN = 20, 25
"""Seconds of one check, and of all together."""

_PULLING = 90
"""Seconds that a pod may take to begin once it has a node."""

_STARTING = 190
"""Seconds that a Job may take beside its runs: to find a node, above all."""

_FIRST_PAUSE = 10
"""Seconds that Kubernetes lets pass between the first two pods of a Job; then twice as long."""


def run_seconds(settings: GateSettings) -> int:
    """Answer how long the program takes at most, which waits for what time may mend."""
    return _RUN + settings.wait_seconds


def pod_seconds(settings: GateSettings) -> int:
    """Answer how long a pod takes at most."""
    return run_seconds(settings) + _PULLING


def job_seconds(spec: PreflightSpec) -> int:
    """Answer how long a Job takes at most: as often as it is tried, and the pauses between."""
    pauses = sum(_FIRST_PAUSE << number for number in range(spec.retries))
    return (spec.retries + 1) * run_seconds(spec) + pauses + _STARTING


def command(settings: PreflightSpec, config: PreflightConfig, *, gate: bool) -> list[str]:
    """Answer the command line; ids of checks that are another pod's would be unknown here."""
    skip = [one for one in settings.skip if any(alike(one, root) for root in config.roots)]
    seconds = {"--timeout": _CHECK, "--deadline": _RUN, "--wait": settings.wait_seconds}
    return [
        "floe",
        "preflight",
        *(["--gate"] if gate else []),
        *(["--verify"] if settings.phase is Phase.VERIFY else []),
        f"--config={FOLDER}/{FILE}",
        *(f"{option}={value}" for option, value in seconds.items()),
        *(f"--skip={one}" for one in skip),
        *(f"--ignore={code}" for code in settings.ignore),
        *(["--strict"] if settings.strict else []),
    ]


def left_out(settings: GateSettings, root: str) -> bool:
    """Tell whether nothing is left of the checks whose ids begin so."""
    return any(begins(root, one) for one in settings.skip)


def unknown(spec: PreflightSpec) -> list[str]:
    """Answer the ids of checks that no pod has."""
    return [one for one in spec.skip if not any(alike(one, root) for root in spec.roots)]


def variables(suite: Suite) -> dict[str, Variable]:
    """Answer the environment of a suite's program; a user without a home would write to /."""
    return {"HOME": TMP, **suite.variables}


def files(pods: Labels, config: PreflightConfig) -> Files:
    """Answer the ConfigMap of a configuration; what is a default is left out."""
    said = config.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return Files(name=pods.object_name, path=FOLDER, data={FILE: dump(said)})
