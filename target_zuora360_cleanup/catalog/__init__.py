"""What Zuora 360 is: its object types, the names of the streams that feed them, and the field maps.

Data and the questions that it answers alone. What an org really has, and what a user wants of it,
is left to `facts` and `settings`.
"""

from target_zuora360_cleanup.catalog.field_maps import FieldMap, FilledRelationship, field_maps
from target_zuora360_cleanup.catalog.objects import (
    BY_NAME,
    GROUPS,
    NEVER,
    OBJECTS,
    QUOTE_PREFIX,
    ObjectGroup,
    ObjectType,
    is_discoverable,
    is_unlisted,
    of_package,
)
from target_zuora360_cleanup.catalog.streams import StreamNames

__all__ = [
    "BY_NAME",
    "GROUPS",
    "NEVER",
    "OBJECTS",
    "QUOTE_PREFIX",
    "FieldMap",
    "FilledRelationship",
    "ObjectGroup",
    "ObjectType",
    "StreamNames",
    "field_maps",
    "is_discoverable",
    "is_unlisted",
    "of_package",
]
