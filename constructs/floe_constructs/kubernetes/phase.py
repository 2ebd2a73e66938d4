"""The phases of a release: what is applied, and has to be ready, before what."""

from enum import StrEnum

from floe_constructs.kubernetes import PREFIX

ANNOTATION = f"{PREFIX}/phase"
"""Annotation in which an object says its phase, where its kind does not."""


class Phase(StrEnum):
    """The folders below `dist/<environment>/`, in order."""

    CLUSTER = "00-cluster"
    FOUNDATION = "10-foundation"
    SERVICES = "20-services"
    PREFLIGHT = "30-preflight"
    MIGRATE = "40-migrate"
    PLATFORM = "50-platform"
    VERIFY = "60-verify"

    @property
    def wave(self) -> int:
        """Argo CD's sync wave; the platform itself is wave 0."""
        return {
            Phase.CLUSTER: -60,
            Phase.FOUNDATION: -50,
            Phase.SERVICES: -40,
            Phase.PREFLIGHT: -30,
            Phase.MIGRATE: -20,
            Phase.PLATFORM: 0,
            Phase.VERIFY: 10,
        }[self]
