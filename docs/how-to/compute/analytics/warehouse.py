"""Which engine this environment has, told in environment variables.

Credentials are variables (or files) already, and so is all of Trino. What the artifacts say of
another engine becomes ENGINE_PROPERTY: `properties.account` of Snowflake is SNOWFLAKE_ACCOUNT. A
variable that is set wins.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path


def tell(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Answer the variables that `profiles.yml` and the resources read."""
    found = dict(environment)
    if "FLOE_COMPUTE_TYPE" in found:  # Trino, which the artifacts cannot name
        return found
    text = Path(found["FLOE_COMPILED_ARTIFACTS"]).read_text("utf-8")
    compute = json.loads(text)["resolved_profiles"]["compute"]
    for name, value in compute["properties"].items():
        found.setdefault(f"{compute['type']}_{name}".upper(), str(value))
    return found | {"FLOE_COMPUTE_TYPE": compute["type"]}
