"""A build's cache in S3: what its buildspec wants to find again, packed in the build's own name."""

from __future__ import annotations

import hashlib
import io
import tarfile
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from sandbox.runner.buildspec import BuildspecError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

USER = "root"  # whom a build on AWS runs as
HOME = f"/{USER}/"


def folders(paths: Sequence[str], *, source: Path, home: Path) -> list[tuple[Path, str]]:
    """Return where each cache path lies here, as a folder and a pattern in it. Raises `BuildspecError`."""
    places = []
    for path in paths:
        if path.startswith(HOME):
            places.append((home, path.removeprefix(HOME)))
        elif path.startswith(("/", "~")) or ".." in path:
            raise BuildspecError(f"The sandbox keeps nothing outside {HOME} and the source in a cache: {path}")
        else:
            places.append((source, path))
    return places


def restore(s3: Any, location: str, places: Sequence[tuple[Path, str]]) -> bool:  # noqa: ANN401  (boto3)
    """Unpack what the build before has kept. Returns whether there was something."""
    bucket, key = _object(location, places)
    try:
        body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] not in {"NoSuchKey", "404"}:
            raise
        return False
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        archive.extraction_filter = getattr(tarfile, "tar_filter", None)  # Python 3.11 has it from 3.11.4 on
        for member in archive:
            number, _, member.name = member.name.partition("/")
            archive.extract(member, places[int(number)][0])
    return True


def save(s3: Any, location: str, places: Sequence[tuple[Path, str]], *, key_id: str) -> int:  # noqa: ANN401
    """Keep what the paths name for the next build. Returns the number of files."""
    bucket, key = _object(location, places)
    body, count = io.BytesIO(), 0
    with tarfile.open(fileobj=body, mode="w") as archive:
        for number, (folder, pattern) in enumerate(places):
            for path in sorted(folder.glob(pattern)):
                if path.is_file() or path.is_symlink():
                    archive.add(path, f"{number}/{path.relative_to(folder)}", recursive=False)
                    count += 1
    s3.put_object(Bucket=bucket, Key=key, Body=body.getvalue(), ServerSideEncryption="aws:kms", SSEKMSKeyId=key_id)
    return count


def _object(location: str, places: Sequence[tuple[Path, str]]) -> tuple[str, str]:
    bucket, _, prefix = location.partition("/")
    name = hashlib.sha256("\n".join(pattern for _, pattern in places).encode()).hexdigest()[:32]
    return bucket, "/".join(filter(None, [prefix, f"{name}.tar"]))
