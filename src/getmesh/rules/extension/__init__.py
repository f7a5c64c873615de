"""EnvoyFilters and other extensions."""
