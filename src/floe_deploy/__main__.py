"""`python -m floe_deploy` is `floe`."""

from floe_deploy.cli import main

main()
