"""Istio's own validation of its kinds, as pure functions over decoded specs.

Istio: ``pkg/config/validation``. What an object may hold is told kind by kind; every fault is found, each with its
place, where Istio often stops at the first one.
"""

from getmesh.model.validation.faults import Fault, Faults
from getmesh.model.validation.objects import CHECKS, Validation, validate

__all__ = ["CHECKS", "Fault", "Faults", "Validation", "validate"]
