"""Platforms and the names of release files (istio/release-builder: how archives are named, by minor)."""

from typing import Final

from getmesh.distributions.names import machine
from getmesh.errors import UsageError

LINUX_ARCHITECTURES: Final = ("amd64", "arm64", "armv7")
_MAC_ARM_SINCE: Final = (1, 10)
KNOWN: Final = ("linux/amd64", "linux/arm64", "linux/armv7", "darwin/amd64", "darwin/arm64", "windows/amd64")
_ALIASES: Final = {"macos": "darwin", "osx": "darwin", "mac": "darwin", "win": "windows"}


def parse_platform(text: str) -> str:
    """Give ``OS/ARCH`` in the spelling of the catalog.

    Raises:
        UsageError: nobody builds istioctl for it.
    """
    system, _, architecture = text.lower().partition("/")
    platform = f"{_ALIASES.get(system, system)}/{machine(architecture)}"
    if platform not in KNOWN:
        raise UsageError(f"no istioctl is built for platform {text!r}", hint=f"One of: {', '.join(KNOWN)}.")
    return platform


def upstream_platforms(minor: tuple[int, int]) -> tuple[str, ...]:
    """Give the platforms that upstream builds a minor for."""
    return tuple(name for name in KNOWN if name != "darwin/arm64" or minor >= _MAC_ARM_SINCE)


def suffix(platform: str) -> str:
    """Give the end of the file name of an archive, such as ``linux-amd64.tar.gz``.

    Since 1.19 amd64 is also spelt out for macOS and Windows; the short names exist for all minors.
    """
    system, _, architecture = platform.partition("/")
    if system == "darwin":
        return "osx-arm64.tar.gz" if architecture == "arm64" else "osx.tar.gz"
    if system == "windows":
        return "win.zip"
    return f"{system}-{architecture}.tar.gz"


def archive_name(version: str, flavor: str, flavor_version: int, platform: str) -> str:
    """Give the file name of the archive that holds istioctl alone."""
    label = version if flavor == "istio" else f"{version}-{flavor}-v{flavor_version}"
    return f"istioctl-{label}-{suffix(platform)}"


def member_name(platform: str) -> str:
    """Give the name of the one file inside the archive."""
    return "istioctl.exe" if platform.startswith("windows/") else "istioctl"
