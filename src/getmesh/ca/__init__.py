"""Intermediate certificate authorities for the mesh, one file per provider."""
