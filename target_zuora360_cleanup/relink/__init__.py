"""Sets lookups of the customer's records again that a cleanup has left blank.

Reads the snapshot that `deletion` wrote, looks at what is back in the org, and writes the fields
that are still blank: each link leads where it did, or the report names it with the reason. What
brings the parents back is a sync, which is none of its business.
"""
