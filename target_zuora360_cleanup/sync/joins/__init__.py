"""Values that other records have: what has to be known of them, and what is made of it."""
