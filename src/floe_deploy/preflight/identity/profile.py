"""Keys of a profile of the user's AWS configuration, single sign-on among them."""

import asyncio

from floe_deploy.preflight import layers
from floe_deploy.preflight.check import Probe
from floe_deploy.preflight.code import Code, Stage
from floe_deploy.preflight.http import excerpt
from floe_deploy.preflight.identity.aws import Keys, hidden

AWS_PROFILE = Code(
    id="AWS_PROFILE",
    stage=Stage.CONFIG,
    message="no keys from the AWS profile {profile}: {reason}",
    remediation="Check ~/.aws/config, or log in: aws sso login --profile {profile}",
    detection="botocore, which reads the profile",
)

CODES = (AWS_PROFILE,)


async def keys(probe: Probe, name: str) -> Keys:
    """Answer the keys of a profile of the user's AWS configuration; reports hide them.

    Raises:
        Fault: there is no such profile, or its login has expired.

    """
    probe.at(Stage.AUTH, f"what the AWS profile {name} logs in by")
    return hidden(probe, await asyncio.to_thread(_of_profile, name))


def needs_boto3() -> None:
    """Say so if what reads profiles is not installed.

    Raises:
        Fault: it is not (EXTRA_MISSING).

    """
    from importlib.util import find_spec

    if find_spec("boto3") is None:
        raise layers.EXTRA_MISSING(service="storage with an AWS profile", extra="aws")


def _of_profile(name: str) -> Keys:
    import botocore.exceptions  # type: ignore[import-untyped]
    import botocore.session  # type: ignore[import-untyped]

    session = botocore.session.Session(profile=name)
    try:
        providers = session.get_component("credential_provider")
        # A profile without keys of its own must not make it ask a metadata address.
        providers.remove("iam-role")
        providers.remove("container-role")
        found = session.get_credentials()
        frozen = found.get_frozen_credentials() if found else None
    except botocore.exceptions.ProfileNotFound as failure:
        raise AWS_PROFILE(profile=name, reason="there is no such profile") from failure
    except botocore.exceptions.BotoCoreError as failure:
        raise AWS_PROFILE(profile=name, reason=excerpt(failure)) from failure
    except botocore.exceptions.ClientError as failure:
        reason = failure.response.get("Error", {}).get("Code", "refused")
        raise AWS_PROFILE(profile=name, reason=reason) from failure
    if frozen is None:
        raise AWS_PROFILE(profile=name, reason="it holds none")
    return Keys(
        access_key_id=frozen.access_key,
        secret_access_key=frozen.secret_key,
        session_token=frozen.token,
    )
