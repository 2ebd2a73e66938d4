"""What a shared access signature says about itself, which Azure's answer does not."""

from datetime import UTC, datetime
from urllib.parse import parse_qsl

from floe_deploy.preflight.check import Probe
from floe_deploy.preflight.checks.adls import faults


def look_at(probe: Probe, sas: str, place: str) -> None:
    """Say what is wrong with a signature and its times; one by a stored policy may have none.

    Raises:
        Fault: it cannot be read, has expired, or is not valid yet.

    """
    try:
        said = dict(parse_qsl(sas, strict_parsing=True, errors="strict"))
    except ValueError as failure:
        raise faults.AZ_SAS_MALFORMED(place=place) from failure
    if signature := said.get("sig"):
        probe.redactor.hide(signature)
    now = datetime.now(UTC)
    end, start = _moment(said.get("se")), _moment(said.get("st"))
    if end and end < now:
        raise faults.AZ_SAS_EXPIRED(date=f"{end:%Y-%m-%d %H:%M} UTC")
    if start and start > now:
        raise faults.AZ_SAS_NOT_YET(date=f"{start:%Y-%m-%d %H:%M} UTC")


def _moment(text: str | None) -> datetime | None:
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
