"""Rules about what istiod looks at, and what breaks when it looks away."""
