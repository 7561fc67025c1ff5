"""The Zuora behind an org: its records, how they change with time, and the exports asked of it.

It is filled from the org's generated rows, so that a sync brings back what was there. Its logins
and answers over HTTP are left to `resources`.
"""
