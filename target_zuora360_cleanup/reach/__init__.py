"""What a deletion does to other rows, from describes alone: pure, nothing is read or decided.

`relationships` has the reference fields, `paths` how rows are reached over several of them,
`natures` whose rows they are, `belonging` which billing account they belong to, `detaching` which
of them need not go, and `soql` the query that counts them. Counting is left to `facts`,
what follows from it to `plan`.
"""

from target_zuora360_cleanup.reach.belonging import chosen_rows
from target_zuora360_cleanup.reach.circles import in_circles
from target_zuora360_cleanup.reach.detaching import Detaching
from target_zuora360_cleanup.reach.natures import (
    WITH_BODY,
    Nature,
    is_kept_by_salesforce,
    nature_of,
)
from target_zuora360_cleanup.reach.paths import Path
from target_zuora360_cleanup.reach.relationships import (
    Lookup,
    Lookups,
    OnDelete,
    Relationship,
    read_lookups,
    read_relationships,
)

__all__ = [
    "WITH_BODY",
    "Detaching",
    "Lookup",
    "Lookups",
    "Nature",
    "OnDelete",
    "Path",
    "Relationship",
    "chosen_rows",
    "in_circles",
    "is_kept_by_salesforce",
    "nature_of",
    "read_lookups",
    "read_relationships",
]
