"""What istiod would send to each proxy, computed from a snapshot."""
