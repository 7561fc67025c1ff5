"""Tells whether what a cleanup has deleted is back: the org, compared with the cleanup's backup.

Reads the backup that `deletion` wrote and what is in the org now, record by record by their
external ids, and changes nothing. A sync brings records back, `relink` sets lookups again.
"""
