"""What an environment decides about Dagster's own processes."""

from typing import Literal

from pydantic import Field, PositiveInt

from floe_constructs.kubernetes.user_volume import MountPath
from floe_constructs.kubernetes.workload import LongRunning, Replicated


class Process(LongRunning):
    """The pods of a process of Dagster's."""

    log_level: Literal["critical", "error", "warning", "info", "debug"] | None = None
    """What it writes to its log at least; `info` when silent."""

    log_format: Literal["colored", "json", "rich"] | None = None
    """Form of its log: a line of JSON for each record with `json`; Dagster's `colored` lines when
    silent."""

    @property
    def log_args(self) -> list[str]:
        """How the command line says this."""
        given = {"--log-level": self.log_level, "--log-format": self.log_format}
        return [part for flag, value in given.items() if value for part in (flag, value)]


class Webserver(Replicated, Process):
    """The pods of a webserver."""

    path_prefix: MountPath | None = None
    """Path that all addresses of the interface begin with, where it shares its host: `/dagster`."""

    statement_timeout_seconds: PositiveInt | None = Field(default=None, le=86_400)
    """Seconds after which PostgreSQL ends a query of the interface's; 15 when silent."""

    pool_recycle_seconds: PositiveInt | None = None
    """Seconds after which a connection to PostgreSQL is not used again: fewer than poolers,
    firewalls and the server let idle ones live. 3600 when silent."""

    pool_max_overflow: PositiveInt | None = Field(default=None, le=1000)
    """Connections to PostgreSQL that each of its three storages opens at most beside its first;
    20 when silent. All of the pods together have to suit the server's `max_connections`."""

    live_data_seconds: float | None = Field(default=None, ge=0.1, le=3600)
    """Seconds after which open pages of assets ask what is new; 2 when silent."""

    @property
    def args(self) -> list[str]:
        """How the command line says all of this."""
        seconds = {
            "--db-statement-timeout": self.statement_timeout_seconds,
            "--live-data-poll-rate": self.live_data_seconds,
        }
        given = {
            "--path-prefix": self.path_prefix,
            "--db-pool-recycle": self.pool_recycle_seconds,
            "--db-pool-max-overflow": self.pool_max_overflow,
            **{flag: value and round(value * 1000) for flag, value in seconds.items()},
            # What is `--log-level` elsewhere is for the server's requests alone.
            "--dagster-log-level": self.log_level,
        }
        said = [part for flag, value in given.items() if value for part in (flag, str(value))]
        return [*said, *self.log_args]
