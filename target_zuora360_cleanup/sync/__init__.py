"""Mode `sync`: the records of a Zuora tap, upserted into the 360 objects."""
