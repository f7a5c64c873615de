"""Annotations of Istio: misplaced, unknown, deprecated, or of a value that does nothing."""
