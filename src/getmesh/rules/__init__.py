"""The catalogue: one module per code, its cases beside it, grouped by the kind that a user would look under."""
