"""Nothing secret in the output."""

from collections.abc import Iterator

from floe_deploy.manifests import Manifest
from floe_deploy.rules.finding import Finding
from floe_deploy.secrets import sops


def no_data(manifest: Manifest) -> Iterator[Finding]:
    """A Secret with data in it would be readable in Git."""
    if manifest["apiVersion"] == "v1" and manifest["kind"] == "Secret":
        data = (manifest.get("data") or {}) | (manifest.get("stringData") or {})
        clear = [key for key, value in data.items() if not sops.is_encrypted(value)]
        if clear:
            yield Finding(
                found=f"Secret {manifest['metadata']['name']} with {len(clear)} keys in clear",
                allowed="references to Secrets, or encrypted ones",
                fix="choose a strategy in `secrets` and leave the value out",
            )
