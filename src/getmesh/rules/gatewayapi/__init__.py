"""The Gateway API."""
