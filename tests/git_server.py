"""A Git repository that is reached over HTTP, by Git's own server program."""

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

REPOSITORY = "platform.git"
_ENV = os.environ | {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_AUTHOR_NAME": "tests",
    "GIT_AUTHOR_EMAIL": "tests@example.com",
    "GIT_COMMITTER_NAME": "tests",
    "GIT_COMMITTER_EMAIL": "tests@example.com",
}


def git(*arguments: str | Path) -> bytes:
    """Answer what Git answers."""
    command = ["git", *map(str, arguments)]
    return subprocess.run(command, env=_ENV, check=True, capture_output=True, timeout=60).stdout


@dataclass(frozen=True)
class Branch:
    """A branch of a repository, with the files of its next commit."""

    name: str
    bare: Path
    work: Path

    def replace(self, folder: str, files: Mapping[str, str]) -> None:
        """Have a folder hold these files, and nothing else."""
        shutil.rmtree(self.work / folder, ignore_errors=True)
        for path, text in files.items():
            target = self.work / folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)

    def push(self, message: str, tag: str | None = None) -> str:
        """Commit and push all that is there; answer the commit."""
        git("-C", self.work, "add", "--all")
        git("-C", self.work, "commit", "--quiet", "--allow-empty", f"--message={message}")
        refs = [f"HEAD:refs/heads/{self.name}", *([f"HEAD:refs/tags/{tag}"] if tag else [])]
        git("-C", self.work, "push", "--quiet", self.bare, *refs)
        return git("-C", self.work, "rev-parse", "HEAD").decode().strip()


@dataclass(frozen=True)
class GitServer:
    """An empty repository, at first, and where it is."""

    url: str
    folder: Path

    def branch(self, name: str) -> Branch:
        """Answer a branch with no commit yet."""
        work = self.folder / "work" / name
        git("init", "--quiet", work)
        return Branch(name, self.folder / REPOSITORY, work)


@contextmanager
def git_server(folder: Path) -> Iterator[GitServer]:
    """Serve a repository that is kept in a folder."""
    git("init", "--quiet", "--bare", folder / REPOSITORY)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            length = int(self.headers.get("Content-Length") or 0)
            env = _ENV | {
                "GIT_PROJECT_ROOT": str(folder),
                "GIT_HTTP_EXPORT_ALL": "1",
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "REQUEST_METHOD": self.command,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "CONTENT_LENGTH": str(length),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            }
            asked = self.rfile.read(length)
            command = ["git", "http-backend"]
            answer = subprocess.run(
                command, input=asked, env=env, check=True, capture_output=True, timeout=60
            ).stdout
            head, _, body = answer.partition(b"\r\n\r\n")
            headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
            self.send_response(int(headers.pop("Status", "200").split()[0]))
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815  as the base class calls it

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield GitServer(f"http://127.0.0.1:{server.server_address[1]}/{REPOSITORY}", folder)
        finally:
            server.shutdown()
            thread.join()
