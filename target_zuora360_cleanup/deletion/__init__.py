"""A plan carried out: the links written down first, then step by step the rows deleted.

`scheduler.py` keeps the order of the plan, `delete.py` deletes the rows of one step, and
`outcome.py` says what became of it, as far as that is known. Whether anything may be deleted at all
was decided before, by `plan`; what is told of it is for `report`.
"""
