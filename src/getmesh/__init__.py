"""getmesh: trusted Istio distributions, validated configuration, a real CA, and discovery you can see."""

__all__ = ["__version__"]

__version__ = "0.1.0"
