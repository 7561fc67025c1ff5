"""What is known of an org, and what is not known and why; it reads, and decides nothing.

`Known` and `Unknown` are types, so that whoever uses a fact has to decide about both. What follows
from the facts is left to `plan`.
"""
