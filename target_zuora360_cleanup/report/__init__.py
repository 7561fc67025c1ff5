"""What a run did: as data, as text and as a page."""
