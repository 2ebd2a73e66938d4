"""References to images, taken apart."""

DOCKER_HUB = "docker.io"


class ImageReference(str):
    """`[HOST[:PORT]/]PATH[:TAG][@DIGEST]`.

    It is text of a type of its own, so that images are found wherever they stand in a spec.
    """

    __slots__ = ()

    @property
    def repository(self) -> str:
        """Host and path in full: `docker.io/library/postgres` for `postgres:17`."""
        name = self.partition("@")[0].removesuffix(f":{self.tag}" if self.tag else "")
        host, slash, path = name.partition("/")
        if not slash or not _is_host(host):
            host, path = DOCKER_HUB, name
        if host == f"index.{DOCKER_HUB}":
            host = DOCKER_HUB
        if host == DOCKER_HUB and "/" not in path:
            path = f"library/{path}"
        return f"{host}/{path}"

    @property
    def path(self) -> str:
        """The repository without its host."""
        return self.repository.partition("/")[2]

    @property
    def tag(self) -> str:
        """Its tag; empty where only a digest says which version it is."""
        return self.partition("@")[0].rpartition("/")[2].partition(":")[2]

    @property
    def digest(self) -> str:
        """Its digest, as `sha256:…`; empty where only a tag says which version it is."""
        return self.partition("@")[2]

    def at(self, repository: str) -> "ImageReference":
        """Answer the same version in another repository."""
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return ImageReference(f"{repository}{tag}{digest}")

    def is_in(self, place: str) -> bool:
        """Tell whether it is in a registry, in a path of one, or in a repository."""
        return f"{self.repository}/".startswith(f"{place}/")


def _is_host(text: str) -> bool:
    """Tell a host from the first part of a path, as container engines do."""
    return "." in text or ":" in text or text == "localhost" or text != text.lower()
