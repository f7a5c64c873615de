"""Ambient mesh."""
