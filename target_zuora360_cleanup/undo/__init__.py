"""Takes a cleanup back: its records out of the recycle bin, then the state as it was before.

Reads what the cleanup has left in its folder, looks at what became of each record, undeletes those
that are in the bin, parents before children, and looks again: the org decides what is back. The
state comes last, and says nothing of rows that are not there.
"""
