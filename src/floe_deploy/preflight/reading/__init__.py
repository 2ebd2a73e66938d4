"""What a run is to check: a file or environment variables, read into a configuration."""

from floe_deploy.preflight.reading.file import read
from floe_deploy.preflight.reading.validating import FILE, NoConfigurationError, Unset

__all__ = ["FILE", "NoConfigurationError", "Unset", "read"]
