"""One org: its file, its rows, its user's permissions, and what its API lets clients do with rows.

Errors of single rows, cascades, the recycle bin and unique keys are decided here. What fills a new
file is given to it, and HTTP is left to later rooms.
"""
