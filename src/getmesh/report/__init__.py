"""Findings and tables as text and data; one file per format."""
