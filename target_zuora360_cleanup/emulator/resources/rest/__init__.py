"""REST: API versions, who is logged in, queries and their pages, records, collections, composites.

Only what concerns HTTP is here: parameters, statuses, bodies. The rows' own rules are left to `org`.
"""
