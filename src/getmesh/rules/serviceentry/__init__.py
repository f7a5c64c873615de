"""Rules about serviceentry objects."""
