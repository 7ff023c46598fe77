"""Artifacts: zips in a pipeline's bucket, written and read in somebody's name."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

EARLIEST = (1980, 1, 1, 0, 0, 0)


class ArtifactError(Exception):
    """An artifact that is not what it has to be."""


def fetch(s3: Any, artifact: Mapping[str, str]) -> zipfile.ZipFile:  # noqa: ANN401  (boto3)
    """Return an artifact. Raises `ArtifactError` for one that is no whole zip, and boto3's for one that S3 refuses."""
    body = s3.get_object(Bucket=artifact["bucket"], Key=artifact["key"])["Body"].read()
    try:
        archive = zipfile.ZipFile(io.BytesIO(body))
        broken = archive.testzip()
    except zipfile.BadZipFile as error:
        broken = str(error)
    if broken:
        place = f"s3://{artifact['bucket']}/{artifact['key']}"
        raise ArtifactError(f"The artifact {artifact['name']} ({place}) cannot be unpacked: {broken}")
    return archive


def unpack(archive: zipfile.ZipFile, folder: Path) -> None:
    """Unpack an artifact into a new folder. As with AWS's, nothing in it is executable."""
    folder.mkdir(parents=True)
    archive.extractall(folder)


def pack(files: Mapping[str, Path]) -> bytes:
    """Return a zip of files by their names in it, the same for the same files."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name, EARLIEST), path.read_bytes(), zipfile.ZIP_DEFLATED)
    return body.getvalue()


def put(s3: Any, artifact: Mapping[str, str], body: bytes, *, key_id: str | None) -> None:  # noqa: ANN401  (boto3)
    """Put an artifact where it belongs, encrypted with the key of the pipeline."""
    encryption = {"ServerSideEncryption": "aws:kms", **({"SSEKMSKeyId": key_id} if key_id else {})}
    s3.put_object(Bucket=artifact["bucket"], Key=artifact["key"], Body=body, **encryption)
