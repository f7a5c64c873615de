"""What injects sidecars, and into what."""
