"""Entry point of ``getmesh`` and ``python -m getmesh``."""

import gc
import sys


def main() -> None:
    """Run the command line and leave the process.

    ``getmesh istioctl`` is recognised before anything is imported, so that passing a call on costs next to nothing.
    The cyclic collector is off: a command lives for seconds, and parsing makes millions of containers that die with it.
    """
    gc.disable()
    if len(sys.argv) > 1 and sys.argv[1] == "istioctl":
        from getmesh.distributions.passthrough import pass_through

        pass_through(sys.argv[2:])  # comes back only when the call needs the whole command line
    from getmesh.cli.boundary import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
