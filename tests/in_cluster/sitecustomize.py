"""Where a container under test finds its token.

Clients look for it below `/var/run/secrets`, a path that processes beside each other cannot each
have for themselves. Python imports this module when it starts, because its folder is in their path.
"""

import os
from importlib import import_module
from typing import Any

if folder := os.environ.get("SERVICE_ACCOUNT"):
    client: Any = import_module("kubernetes.config.incluster_config")
    client.SERVICE_TOKEN_FILENAME = f"{folder}/token"
    client.SERVICE_CERT_FILENAME = f"{folder}/ca.crt"
