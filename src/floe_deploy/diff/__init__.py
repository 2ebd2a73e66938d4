"""What a change of `dist/` means: what differs, and what happens in a cluster when it is merged."""
