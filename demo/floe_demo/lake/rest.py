"""A REST catalog that is given up when it does not answer: pyiceberg would wait for ever."""

from typing import Any

from pyiceberg.catalog.rest import RestCatalog
from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter

PATIENCE = (10.0, 60.0)
"""Seconds: until there is a connection, and between two pieces of an answer."""


class PatientCatalog(RestCatalog):
    """pyiceberg's own, with a limit."""

    def _config_headers(self, session: Session) -> None:
        super()._config_headers(session)  # the first that is done with a session: next is a login
        for scheme in ("http://", "https://"):
            session.mount(scheme, _Patient())


class _Patient(HTTPAdapter):
    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        """Send it; whoever sets no limit has this one."""
        kwargs["timeout"] = kwargs.get("timeout") or PATIENCE
        return super().send(request, *args, **kwargs)
