"""REST: API versions, who is logged in, queries and their pages, records, collections, composites.

Only what concerns HTTP is here: parameters, statuses, bodies. Rules of rows are left to `org`.
"""
