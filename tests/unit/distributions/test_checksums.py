import errno
import hashlib
import io
from pathlib import Path

import pytest

from getmesh.distributions.checksums import Sink, digest_of, parse_checksum, parse_digest
from getmesh.errors import TrustError

DIGEST = "a" * 64


@pytest.mark.parametrize(
    "text",
    [f"{DIGEST} f.tar.gz\n", f"{DIGEST}  f.tar.gz\n", f"{DIGEST.upper()} *f.tar.gz", f"\n{DIGEST}\tout/f.tar.gz\r\n"],
)
def test_every_usual_form_is_read(text: str) -> None:
    assert parse_checksum(text.encode(), "f.tar.gz") == DIGEST


@pytest.mark.parametrize(
    "text", ["", DIGEST, f"{DIGEST} other.tar.gz", f"{DIGEST[:-1]} f.tar.gz", f"{DIGEST} f.tar.gz\n" * 2, "<html>", "ä"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(TrustError):
        parse_checksum(text.encode(), "f.tar.gz")


def test_a_digest_may_carry_its_kind() -> None:
    assert parse_digest(f"sha256:{DIGEST}") == DIGEST
    with pytest.raises(TrustError):
        parse_digest("sha512:" + DIGEST)


def test_a_sink_writes_all_and_knows_the_digest(tmp_path: Path) -> None:
    path = tmp_path / "f"
    pieces = [bytes([number]) * 70_000 for number in range(20)]
    with path.open("wb") as file, Sink(file) as sink:
        for piece in pieces:
            sink.put(piece)
    assert path.read_bytes() == b"".join(pieces)
    assert sink.sha256() == hashlib.sha256(b"".join(pieces)).hexdigest() == digest_of(path)


def test_what_was_handed_over_is_written_before_an_error_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "f"

    def fail() -> None:
        with path.open("wb") as file, Sink(file) as sink:
            sink.put(b"x" * 1000)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert path.read_bytes() == b"x" * 1000


def test_a_full_disk_is_an_error_and_no_digest() -> None:
    class Full(io.BytesIO):
        def write(self, data: object) -> int:
            del data
            raise OSError(errno.ENOSPC, "No space left on device")

    with Sink(Full()) as sink:
        sink.put(b"x")
    with pytest.raises(OSError, match="No space"):
        sink.sha256()
