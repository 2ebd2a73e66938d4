"""Where an environment's Secrets come from."""
