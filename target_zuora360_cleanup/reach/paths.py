"""How rows are reached from a record that is deleted, over one relationship or several. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from target_zuora360_cleanup.reach.natures import Nature, nature_of
from target_zuora360_cleanup.reach.relationships import Relationship

if TYPE_CHECKING:
    from target_zuora360_cleanup.reach.relationships import OnDelete


@dataclass(frozen=True, order=True)
class Path:
    """A way down: from a record that is deleted to rows that are concerned.

    Attributes:
        links: The first leads into the record, each other one into rows of the one before. All but
            the last are cascades: what is below goes only with what it hangs on.
    """

    links: tuple[Relationship, ...]

    @property
    def is_price(self) -> bool:
        """Whether it leads from products straight to their prices."""
        return self.child == "PricebookEntry" and self.parent == "Product2" and len(self.links) == 1

    @property
    def root(self) -> str:
        """API name of the object whose records are deleted."""
        return self.links[0].parent

    @property
    def child(self) -> str:
        """API name of the object whose rows are concerned."""
        return self.links[-1].child

    @property
    def field(self) -> str:
        """The field by which they hang on what is above them."""
        return self.links[-1].field

    @property
    def parent(self) -> str:
        """API name of what is above them."""
        return self.links[-1].parent

    @property
    def on_delete(self) -> OnDelete:
        """What happens to them."""
        return self.links[-1].on_delete

    @property
    def name(self) -> str:
        """The field by which they hang, such as `Contract.Subscription__c`."""
        return self.links[-1].name

    @property
    def nature(self) -> Nature:
        """Whose rows they are."""
        return nature_of(self.child)

    @property
    def words(self) -> str:
        """The whole way, from the rows upwards: `Note__c.Forecast__c below Forecast__c.Of__c`."""
        return " below ".join(each.name for each in reversed(self.links))

    @property
    def as_one(self) -> Relationship:
        """What the whole way comes to: rows that go with the record at its root."""
        return Relationship(self.child, self.field, self.root, "cascade")

    def then(self, relationship: Relationship) -> Path:
        """The way that goes one relationship further down."""
        return Path((*self.links, relationship))
