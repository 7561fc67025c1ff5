"""Modes `plan`, `cleanup` and `reset`: one story, beside a tap or alone.

`story.py` is to be read from top to bottom: log in, read what there is, plan, refuse, prove room,
keep the links, open the gate, reset the bookmarks, delete, confirm. `run.py` leads it from its
begin to its report, reads the tap's stream meanwhile and heeds signals. What is decided is for
`plan`, how rows are deleted for `deletion`, what holds bookmarks for `state`.
"""
