"""Release archives: good ones with a real executable inside, and every hostile kind that we know."""

import gzip
import hashlib
import io
import stat
import tarfile
import zipfile
from collections.abc import Iterator
from typing import NamedTuple

DUMPER = b"""#!/bin/sh
if [ "$1" = "--dump" ]; then
  shift
  for word in "$@"; do printf '%s\\0' "$word"; done
  exit 0
fi
echo "istioctl of the test: $*"
exit "${ISTIOCTL_EXIT:-0}"
"""


class Member(NamedTuple):
    """One entry of a tar archive."""

    name: str
    content: bytes = b""
    kind: bytes = tarfile.REGTYPE
    link: str = ""
    size: int | None = None


def tar(*members: Member, pax: dict[str, str] | None = None) -> bytes:
    """Give a gzip-compressed tar archive with these members, however wrong they are."""
    buffer = io.BytesIO()
    for member in members:
        info = tarfile.TarInfo(member.name)
        info.type = member.kind
        info.linkname = member.link
        info.mode = 0o755
        info.size = len(member.content) if member.size is None else member.size
        info.pax_headers = pax or {}
        buffer.write(info.tobuf(tarfile.PAX_FORMAT))
        buffer.write(member.content + b"\0" * (-len(member.content) % 512))
    buffer.write(b"\0" * 1024)
    return gzip.compress(buffer.getvalue(), compresslevel=1, mtime=0)


def good(content: bytes = DUMPER, member: str = "istioctl") -> bytes:
    """Give an archive as upstream makes it."""
    return tar(Member(member, content))


def good_zip(content: bytes = DUMPER, member: str = "istioctl.exe") -> bytes:
    """Give a zip archive as upstream makes it for Windows."""
    return _zip((zipfile.ZipInfo(member), content))


def checksum(archive: bytes, name: str) -> bytes:
    """Give the ``.sha256`` that upstream puts beside an archive: one blank between digest and name."""
    return f"{hashlib.sha256(archive).hexdigest()} {name}\n".encode()


def hostile() -> Iterator[tuple[str, bytes]]:
    """Give archives that must be refused, each with what is wrong."""
    body = DUMPER
    one = Member("istioctl", body)
    yield "nothing inside", tar()
    yield "another name", tar(Member("istio", body))
    yield "a name that climbs out", tar(Member("../istioctl", body))
    yield "an absolute name", tar(Member("/tmp/istioctl", body))
    yield "the name in a folder", tar(Member("istio-1.31.1/bin/istioctl", body))
    yield "the member twice", tar(one, one)
    yield "a second member", tar(one, Member("README", b"hello"))
    yield "a second member that climbs out", tar(one, Member("../../.bashrc", b"evil"))
    yield "a symbolic link", tar(Member("istioctl", kind=tarfile.SYMTYPE, link="/bin/sh"))
    yield "a hard link", tar(Member("istioctl", kind=tarfile.LNKTYPE, link="/etc/passwd"))
    yield "a link followed by a file through it", tar(Member("istioctl", kind=tarfile.SYMTYPE, link="/tmp/x"), one)
    yield "a character device", tar(Member("istioctl", kind=tarfile.CHRTYPE))
    yield "a block device", tar(Member("istioctl", kind=tarfile.BLKTYPE))
    yield "a pipe", tar(Member("istioctl", kind=tarfile.FIFOTYPE))
    yield "a folder", tar(Member("istioctl", kind=tarfile.DIRTYPE))
    yield "a sparse file", tar(Member("istioctl", body), pax={"GNU.sparse.major": "1", "GNU.sparse.minor": "0"})
    yield "an empty file", tar(Member("istioctl"))
    yield "a size of terabytes", tar(Member("istioctl", body, size=1 << 42))
    yield "a size beyond the archive", tar(Member("istioctl", body, size=len(body) + 100_000))
    yield "a negative size", _negative_size()
    yield "a bomb of zeros", _bomb(600 << 20)
    yield "a bomb behind the member", _bomb_behind(body)
    yield "a bomb in an extended header", _header_bomb()
    yield "a broken-off gzip stream", good()[:-20]
    yield "a flipped bit", _flip(good(b"#!/bin/sh\n" + bytes(range(256)) * 64))
    yield "garbage after the gzip magic", b"\x1f\x8b" + b"garbage" * 100
    yield "no archive at all", b"<html>please log in</html>"
    yield "nothing", b""


def hostile_zips() -> Iterator[tuple[str, bytes]]:
    """Give zip archives that must be refused, each with what is wrong."""
    body = DUMPER
    yield "another name", good_zip(member="istioctl")
    yield "a name that climbs out", good_zip(member="../istioctl.exe")
    yield "a second member", _zip((zipfile.ZipInfo("istioctl.exe"), body), (zipfile.ZipInfo("x"), b"x"))
    yield "the member twice", _zip((zipfile.ZipInfo("istioctl.exe"), body), (zipfile.ZipInfo("istioctl.exe"), body))
    link = zipfile.ZipInfo("istioctl.exe")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    yield "a symbolic link", _zip((link, b"/bin/sh"))
    yield "encryption", _encrypted(good_zip())
    yield "an unusual compression", _zip((zipfile.ZipInfo("istioctl.exe"), body), how=zipfile.ZIP_LZMA)
    yield "a broken-off file", good_zip()[:-30]
    yield "a wrong checksum", _flip(good_zip())
    yield "nothing inside", _zip()


def _zip(*entries: tuple[zipfile.ZipInfo, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as pack:
        for info, content in entries:
            if info.filename in pack.namelist():
                pack.NameToInfo.pop(info.filename)
            pack.writestr(info, content, compress_type=how)
    return buffer.getvalue()


def _encrypted(data: bytes) -> bytes:
    changed = bytearray(data)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        changed[changed.index(mark) + offset] |= 1
    return bytes(changed)


def _flip(data: bytes) -> bytes:
    changed = bytearray(data)
    changed[len(changed) // 2] ^= 0xFF
    return bytes(changed)


def _negative_size() -> bytes:
    info = tarfile.TarInfo("istioctl")
    block = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    block[124:136] = b"\xff" * 12
    block[148:156] = b" " * 8
    block[148:156] = f"{sum(block):06o}\0 ".encode()
    return gzip.compress(bytes(block) + b"\0" * 1024)


def _bomb(size: int) -> bytes:
    info = tarfile.TarInfo("istioctl")
    info.size = size
    return _compress_zeros(info.tobuf(tarfile.GNU_FORMAT), size)


def _bomb_behind(body: bytes) -> bytes:
    info = tarfile.TarInfo("istioctl")
    info.size = len(body)
    head = info.tobuf(tarfile.GNU_FORMAT) + body + b"\0" * (-len(body) % 512)
    return _compress_zeros(head, 64 << 20)


def _header_bomb() -> bytes:
    info = tarfile.TarInfo("././@PaxHeader")
    info.type = tarfile.XHDTYPE
    info.size = 256 << 20
    return _compress_zeros(info.tobuf(tarfile.GNU_FORMAT), info.size)


def _compress_zeros(head: bytes, zeros: int) -> bytes:
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=1, mtime=0) as packed:
        packed.write(head)
        block = b"\0" * (1 << 20)
        for _ in range(zeros // len(block)):
            packed.write(block)
    return buffer.getvalue()
