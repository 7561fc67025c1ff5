"""The rows of a new org, the same for the same options: Zuora's, quotes, customers' objects.

Also what customers' rows point to, and how they are linked anew after a sync. The records on
Zuora's side are left to `zuora`.
"""
