"""singer."""
