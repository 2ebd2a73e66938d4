"""Preflight: whether compute, storage, catalog and PostgreSQL really work, and if not, why.

A check is data (`check`); what it finds is a code with a message and what to do (`code`). The
runner holds the time; the report is rendered at the end. Nothing in here starts Node.
"""
