"""Rules about virtualservice objects."""
