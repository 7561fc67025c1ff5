"""What a user set: declared once as typed fields, read, checked, and shown as a JSON Schema.

It names object types of the catalogue, but knows no org: whether a setting fits what is there is
left to the checks in `plan`.
"""
