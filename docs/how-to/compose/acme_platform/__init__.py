"""The platform of Acme: floe-deploy's, and a notebook server beside it."""
