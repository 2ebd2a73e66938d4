"""What the services and their Jobs are told."""
