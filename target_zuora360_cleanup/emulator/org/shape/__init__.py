"""What an org has beside the ordinary: extra objects, fields and rows, what the user can't see.

It is data that a test or a file names (`--shape`), read here and laid over the schema and the rows.
"""
