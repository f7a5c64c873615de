"""Rules about destinationrule objects."""
