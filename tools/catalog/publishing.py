"""Copy a signed repository to where clients read it: a folder or an S3 bucket."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

Put = Callable[[Path, str], None]


def publish(repository: Path, to: str) -> Iterator[str]:
    """Copy every file and give its name; targets first, the timestamp last, so that clients never see half of it.

    Raises:
        ValueError: the destination is of a kind that is not supported.
    """
    put = _to_bucket(to) if "://" in to else _to_folder(Path(to))
    files = [path for path in repository.rglob("*") if path.is_file() and not path.name.startswith(".")]
    for path in sorted(files, key=_rank):
        name = path.relative_to(repository).as_posix()
        put(path, name)
        yield name


def _rank(path: Path) -> tuple[bool, bool, str]:
    return path.name == "timestamp.json", path.parent.name == "metadata", path.name


def _to_folder(target: Path) -> Put:
    def put(path: Path, name: str) -> None:
        place = target / name
        place.parent.mkdir(parents=True, exist_ok=True)
        part = place.with_name(f".{place.name}")
        shutil.copyfile(path, part)
        part.replace(place)

    return put


def _to_bucket(to: str) -> Put:
    parts = urlsplit(to)
    if parts.scheme != "s3":
        raise ValueError(f"{to}: only folders and s3:// are supported; publish to a folder and copy that")
    import boto3  # noqa: PLC0415 - an extra, needed for this alone

    client = boto3.client("s3")
    prefix = parts.path.strip("/")

    def put(path: Path, name: str) -> None:
        fresh = "max-age=60" if name.endswith("timestamp.json") else "max-age=31536000, immutable"
        key = f"{prefix}/{name}" if prefix else name
        client.put_object(Bucket=parts.netloc, Key=key, Body=path.read_bytes(), CacheControl=fresh)

    return put
