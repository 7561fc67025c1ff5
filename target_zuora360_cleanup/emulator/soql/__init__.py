"""soql."""
