"""The Secrets of an environment: what it needs, who reads it, and files that bring it."""
