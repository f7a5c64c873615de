"""Fields: what Istio's validation refuses, and what the API server drops or refuses."""
