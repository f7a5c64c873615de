"""References from one object to another."""
