"""A plan carried out: the links written down first, then step by step the rows deleted.

`scheduler.py` keeps the order of the plan. Before each step `look.py` asks the org again, and
`recheck.py` judges whether the plan still holds; `keeping.py` and `holding.py` know what stays.
`taken_along.py` backs up what goes along, `delete.py` deletes the rows of one step, by `pages.py`,
`sending.py` and, where rows hold each other, `leaves.py`. `outcome.py` says what became of it, as
far as that is known. Whether anything may be deleted at all was decided before, by `plan`; what is
told of it is for `report`.
"""
