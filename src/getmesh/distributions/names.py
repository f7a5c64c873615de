"""Names of builds and platforms, read with nothing imported: the pass-through runs through here on every call.

A build is called ``1.30.3-istio-v0``: Istio version, flavor, flavor version. Its record on disk adds the platform.
"""

import os

Parts = tuple[int, int, int, str, int]

_SYSTEMS = {"Linux": "linux", "Darwin": "darwin"}


def split(name: str) -> Parts | None:
    """Give (major, minor, patch, flavor, flavor version) of a build's name, None if it is no such name."""
    version, dash, rest = name.partition("-")
    flavor, mark, number = rest.rpartition("-v")
    numbers = version.split(".")
    if not (dash and mark and flavor and is_number(number) and len(numbers) == 3):  # noqa: PLR2004 - x.y.z
        return None
    if not all(is_number(text) for text in numbers):
        return None
    return int(numbers[0]), int(numbers[1]), int(numbers[2]), flavor, int(number)


def join(parts: Parts) -> str:
    """Give the name that ``split`` reads."""
    major, minor, patch, flavor, number = parts
    return f"{major}.{minor}.{patch}-{flavor}-v{number}"


def is_number(text: str) -> bool:
    """Whether the text is a decimal number of a version: ASCII digits, no needless zero, at most nine of them."""
    return text.isascii() and text.isdigit() and len(text) < 10 and (text == "0" or text[0] != "0")  # noqa: PLR2004 - said above


def machine(name: str) -> str:
    """Give the architecture as release files call it: amd64, arm64, armv7, else the name itself."""
    lower = name.lower()
    if lower in {"x86_64", "amd64"}:
        return "amd64"
    if lower == "arm64" or lower.startswith(("aarch64", "armv8")):
        return "arm64"
    return "armv7" if lower.startswith("arm") else lower


def host_platform() -> str:
    """Give the platform that we run on, such as ``linux/amd64``."""
    here = os.uname()
    return f"{_SYSTEMS.get(here.sysname, here.sysname.lower())}/{machine(here.machine)}"


def record_file(name: str, platform: str) -> str:
    """Give the file name of a build's record."""
    return f"{name}.{platform.replace('/', '-')}"
