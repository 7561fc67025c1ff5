"""Mode `sync`: the records of a Zuora tap, upserted into the 360 objects.

`story.py` takes the messages of the stream as the SDK hands them on; records become rows by the
catalogue's field maps, wait for their parents, and are loaded in an order that the org's describe
gives. `run.py` leads it from its begin to its report. Bookmarks are passed on as they are: what a
reset makes of them is for `state`.
"""
