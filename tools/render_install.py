"""Pin a release into install.sh.

``python tools/render_install.py --wheel FILE --requirements FILE --base URL > pinned-install.sh``

The wheel and the list of dependencies are named by their address below the base and by their SHA-256, so that the
script installs exactly them.
"""

import argparse
import hashlib
import sys
from pathlib import Path

TEMPLATE = Path(__file__).parents[1] / "install.sh"


def render(template: str, wheel: Path, requirements: Path, base: str) -> str:
    """Give the script with the pins of a release.

    Raises:
        ValueError: the template has no place for a pin, or the base is not https.
    """
    if not base.startswith("https://"):
        raise ValueError("the base address must begin with https://")
    pins = {
        "version": wheel.name.split("-")[1],
        "wheel_url": f"{base.rstrip('/')}/{wheel.name}",
        "wheel_sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
        "requirements_url": f"{base.rstrip('/')}/{requirements.name}",
        "requirements_sha256": hashlib.sha256(requirements.read_bytes()).hexdigest(),
    }
    for name, value in pins.items():
        line = f"\n{name}=''\n"
        if template.count(line) != 1:
            raise ValueError(f"install.sh has no place for {name}")
        template = template.replace(line, f"\n{name}='{value}'\n")
    return template


def main() -> int:
    """Print the script."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wheel", type=Path, required=True)
    parser.add_argument("--requirements", type=Path, required=True)
    parser.add_argument("--base", required=True, help="where the release's files are served")
    options = parser.parse_args()
    sys.stdout.write(render(TEMPLATE.read_text(encoding="utf-8"), options.wheel, options.requirements, options.base))
    return 0


if __name__ == "__main__":
    sys.exit(main())
