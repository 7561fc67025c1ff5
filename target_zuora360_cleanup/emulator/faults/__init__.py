"""What goes wrong on demand: kinds of fault, one a module, and the points at which they are asked.

`kind` lists the points, `kinds` the kinds, `in_force` asks them. What follows from an answer is
left to who asked: `org` for rows, `resources` for logins, queries and jobs, `server` for requests.
"""
