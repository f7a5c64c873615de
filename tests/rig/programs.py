"""Builds, and finds, the programs that the end-to-end tests start.

kube-apiserver, etcd, kubectl, a kubelet that forwards ports, istiod, istioctl and adsprobe.

Run as a program it builds them from Go modules into ``.cache/rig``; a build that is there already is kept. Where there
is no Go it says so and succeeds, since the tests that need the programs are then left out.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
CACHE: Final = HERE.parents[1] / ".cache" / "rig"
KUBERNETES: Final = "1.34.2"
_LDFLAGS: Final = {
    "kubernetes": "-s -w -X k8s.io/component-base/version.gitVersion=v1.34.2"
    " -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=34",
    "client": "-s -w",
    "forwarding": "-s -w",
    "istio": "-s -w",
}
_PROGRAMS: Final = {
    "kubernetes": ("apiserver", "etcd"),
    "client": ("kubectl",),
    "forwarding": ("forwarder",),
    "istio": ("istiod", "istioctl", "adsprobe"),
}
_PUBLIC_NAMES: Final = {"apiserver": "kube-apiserver"}


def program(name: str) -> Path | None:
    """Give the path of a program, such as ``kube-apiserver`` or ``istiod``, None if it is not there.

    What ``KUBEBUILDER_ASSETS`` holds is taken first, then what was built, then an ``etcd`` of the system.
    """
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    given = Path(assets) / name if assets else None
    if given and given.exists():
        return given
    for module, names in _PROGRAMS.items():
        for own in names:
            built = folder_of(module) / own
            if _PUBLIC_NAMES.get(own, own) == name and built.exists():
                return built
    system = shutil.which("etcd") if name == "etcd" else None
    return Path(system) if system else None


def missing(*names: str) -> str:
    """Say why a test that needs these programs cannot run, ``""`` if it can."""
    absent = [name for name in names if program(name) is None]
    return f"{', '.join(absent)} not built: run 'make rig' where Go is installed" if absent else ""


def folder_of(module: str) -> Path:
    """Give where a module's programs go: a folder that is named after all that decides what they are."""
    digest = hashlib.sha256(_LDFLAGS[module].encode())
    for file in sorted((HERE / module).rglob("*")):
        if file.suffix in {".go", ".mod", ".sum"}:
            digest.update(file.read_bytes())
    return CACHE / f"{module}-{digest.hexdigest()[:12]}"


def module_folder(module: str, package: str) -> Path:
    """Give the folder of a Go module in the module cache, in the version that the rig's module pins.

    Raises:
        RuntimeError: there is no Go, or the module is not there and cannot be fetched.
    """
    done = subprocess.run(
        ["go", "list", "-m", "-f", "{{.Dir}}", package],
        cwd=HERE / module, env=_environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = done.stdout.strip()
    if done.returncode or not found:
        download = subprocess.run(
            ["go", "mod", "download", package],
            cwd=HERE / module, env=_environment(), capture_output=True, text=True, check=False,
        )  # fmt: skip
        if download.returncode:
            raise RuntimeError(f"{package} cannot be fetched: {download.stderr.strip()}")
        return module_folder(module, package)
    return Path(found)


def build(module: str, names: tuple[str, ...]) -> None:
    """Build a module's programs unless they are there; each appears whole or not at all."""
    target = folder_of(module)
    if all((target / name).exists() for name in names):
        _say(f"rig: {module}: {', '.join(names)} are built already, in {target}")
        return
    begun = time.monotonic()
    _say(f"rig: building {', '.join(names)}: minutes when the Go build cache is empty")
    fresh = target.with_name(f"{target.name}.{os.getpid()}")
    fresh.mkdir(parents=True, exist_ok=True)
    try:
        packages = [f"./{name}" for name in names]
        arguments = ["go", "build", "-ldflags", _LDFLAGS[module], "-o", f"{fresh}/", *packages]
        subprocess.run(arguments, cwd=HERE / module, env=_environment(), check=True)
        shutil.rmtree(target, ignore_errors=True)
        fresh.rename(target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    _say(f"rig: {module} built in {time.monotonic() - begun:.0f} s")


def _environment() -> dict[str, str]:
    return {**os.environ, "GOWORK": "off", "GOFLAGS": os.environ.get("GOFLAGS", "")}


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    """Build what is missing."""
    if shutil.which("go") is None:
        _say("rig: no Go on this machine: the tests against real programs are left out")
        return 0
    for module, names in _PROGRAMS.items():
        build(module, names)
    return 0


if __name__ == "__main__":
    sys.exit(main())
