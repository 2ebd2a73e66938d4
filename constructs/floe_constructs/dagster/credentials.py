"""Which of Dagster's pods get which credentials."""

from floe_constructs.dagster.environment import (
    CREDENTIALS,
    database_variables,
    instance_variables,
    user_variables,
)
from floe_constructs.dagster.flows import code_server, control_plane, migration, runs
from floe_constructs.dagster.spec import DagsterSpec
from floe_constructs.kubernetes.secret import Use, uses


def credentials(spec: DagsterSpec) -> list[Use]:
    """Answer every credential of the control plane, of user code and of runs."""
    logs, of_database = spec.compute_logs, spec.database.files
    of_logs = {f"{CREDENTIALS}/{name}": key for name, key in logs.files.items()} if logs else {}
    variables = {**instance_variables(spec), **(logs.variables if logs else {})}
    found = uses(control_plane(spec), variables, {**of_database, **of_logs})
    found += uses([migration(spec)], database_variables(spec), of_database)
    files = {f"{CREDENTIALS}/{name}": key for name, key in spec.credential_files.items()}
    for location in spec.deployed:
        variables = {**user_variables(spec, location), **instance_variables(spec)}
        pods = [code_server(spec, location), runs(spec, location)]
        found += uses(pods, variables, {**files, **of_database})
    if spec.external:
        found += uses([runs(spec)], instance_variables(spec), of_database)
    return found
