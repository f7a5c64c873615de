"""Rules about gateway objects."""
