"""The picture of an environment: what runs, who talks to whom, which Secrets it takes."""
