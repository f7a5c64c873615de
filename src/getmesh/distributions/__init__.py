"""Istio builds: catalog, fetch, verify, switch, prune, and advice on upgrades."""
