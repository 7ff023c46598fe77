"""Objects by their S3 URI: in a folder here; whoever has another S3 brings another `ObjectStore`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path


class ObjectStore(Protocol):
    """What a run needs of S3."""

    def names(self, prefix: str) -> list[str]:
        """Return the URIs of all objects whose URI begins with `prefix`, in order."""

    def get(self, uri: str) -> bytes:
        """Return an object's content. Raises `FileNotFoundError`."""

    def put(self, uri: str, body: bytes) -> None:
        """Store an object."""


class FolderStore:
    """S3 as a folder: `s3://bucket/key` is the file `bucket/key` in it."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def names(self, prefix: str) -> list[str]:
        """Return the URIs of all objects whose URI begins with `prefix`, in order."""
        bucket, _, _ = _parts(prefix)
        files = (path for path in (self._root / bucket).rglob("*") if path.is_file())
        uris = (f"s3://{path.relative_to(self._root).as_posix()}" for path in files)
        return sorted(uri for uri in uris if uri.startswith(prefix))

    def get(self, uri: str) -> bytes:
        """Return an object's content. Raises `FileNotFoundError`."""
        return self.path(uri).read_bytes()

    def put(self, uri: str, body: bytes) -> None:
        """Store an object."""
        path = self.path(uri)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)

    def path(self, uri: str) -> Path:
        """Return the file that an object is."""
        bucket, _, key = _parts(uri)
        return self._root / bucket / key


def download(store: ObjectStore, prefix: str, folder: Path, *, share: tuple[int, int] = (0, 1)) -> int:
    """Copy an object, or all objects below a prefix, into a folder. Return how many there are, for all instances.

    `share` is the number of this instance and how many there are: each gets every so-manieth object.
    """
    folder.mkdir(parents=True, exist_ok=True)
    uris = store.names(prefix)
    if prefix in uris:
        uris, start = [prefix], prefix.rindex("/") + 1
    else:
        below = f"{prefix.rstrip('/')}/"
        uris, start = [uri for uri in uris if uri.startswith(below) and not uri.endswith("/")], len(below)
    for uri in uris[share[0] :: share[1]]:
        target = folder / uri[start:]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(store.get(uri))
    return len(uris)


def upload(store: ObjectStore, folder: Path, prefix: str) -> None:
    """Copy all files of a folder to a prefix."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        store.put(f"{prefix.rstrip('/')}/{path.relative_to(folder).as_posix()}", path.read_bytes())


def _parts(uri: str) -> tuple[str, str, str]:
    scheme, _, rest = uri.partition("://")
    bucket, slash, key = rest.partition("/")
    if scheme != "s3" or not bucket or ".." in key.split("/"):
        raise ValueError(f"{uri} is not an S3 URI")
    return bucket, slash, key
