"""Pods and Deployments."""
