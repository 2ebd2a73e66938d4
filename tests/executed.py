"""Pods of Jobs whose container is really run, as a process of this machine."""

import base64
import subprocess
from collections.abc import Mapping
from pathlib import Path

from api_server import ApiServer, Body, RefusedError
from played import ended
from pods import Cluster, Edits, Pod, pod


class Executed:
    """Says of a pod what its container's command does here, with its environment and files.

    Both are read back from the API server. The image is not: the program is this checkout's.
    """

    def __init__(self, plane: ApiServer, folder: Path, edits: Edits) -> None:
        self._plane, self._folder, self._edits = plane, folder, edits
        self._running: dict[str, tuple[Pod, subprocess.Popen[bytes]]] = {}
        self.codes: list[int] = []
        """How they ended."""
        self.said: list[str] = []
        """What they said."""

    def __call__(self, found: Body) -> Body | None:
        """Start what is new; answer how it ended, once it has."""
        uid = found["metadata"]["uid"]
        if uid not in self._running:
            laid = self._laid(found)
            self._running[uid] = laid, laid.start()
        laid, process = self._running[uid]
        code = process.poll()
        if code is None:
            return None
        self.codes.append(code)
        self.said.append(laid.log)
        return ended(found, code, laid.log[-2048:])

    def _laid(self, found: Body) -> Pod:
        metadata, spec = found["metadata"], found["spec"]
        namespace = metadata["namespace"]

        def texts(kind: str, name: str) -> Mapping[str, str]:
            path = f"/api/v1/namespaces/{namespace}/{kind.lower()}s/{name}"
            try:
                data: dict[str, str] = self._plane.ask("GET", path)["data"]
            except RefusedError:
                return {}
            if kind == "ConfigMap":
                return data
            return {key: base64.b64decode(text).decode() for key, text in data.items()}

        account = spec["serviceAccountName"]
        known = Cluster(texts, {}, lambda: self._plane.token(namespace, account))
        return pod(self._folder / metadata["uid"], spec, known, self._edits)
