"""From typed overlays to the reviewed manifests of a data platform."""
