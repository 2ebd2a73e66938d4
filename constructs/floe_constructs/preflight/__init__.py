"""Preflight: proof that the services an environment relies on work, before anything is rolled out.

What is checked is data (`targets`), so that a gate in a cluster, a CI job and a laptop check alike.
"""
