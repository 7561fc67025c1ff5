"""Scripts that run in a peer's own interpreter."""
