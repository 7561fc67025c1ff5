"""Sets lookups again that a cleanup has left blank."""
