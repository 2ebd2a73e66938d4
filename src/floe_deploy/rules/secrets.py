"""Nothing secret in the output."""

from collections.abc import Iterator

from floe_deploy.manifests import Manifest
from floe_deploy.rules.finding import Finding


def no_data(manifest: Manifest) -> Iterator[Finding]:
    """A Secret with data in it would be readable in Git."""
    if manifest["apiVersion"] == "v1" and manifest["kind"] == "Secret":
        data = manifest.get("data") or manifest.get("stringData")
        if data and "sops" not in manifest:
            yield Finding(
                found=f"Secret {manifest['metadata']['name']} with {len(data)} keys in clear",
                allowed="references to Secrets, or encrypted ones",
                fix="choose a strategy in `secrets` and leave the value out",
            )
