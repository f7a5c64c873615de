"""Mesh configuration, telemetry and the installation as a whole."""
