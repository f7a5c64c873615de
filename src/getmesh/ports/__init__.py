"""The only code that touches network, disk, processes, clock and the Kubernetes API."""
