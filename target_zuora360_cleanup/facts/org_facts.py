"""What is known of an org before anything is planned: plain data, no I/O."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - part of the public shape
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from target_zuora360_cleanup.catalog.objects import ObjectType  # noqa: TC001 - the same
from target_zuora360_cleanup.catalog.own_fields import OwnField  # noqa: TC001 - the same
from target_zuora360_cleanup.facts.known import Fact, Known, Unknown
from target_zuora360_cleanup.reach import Lookups, Path, Relationship  # noqa: TC001 - the same

_ID_LENGTH: Final = 15
"""Characters of an id that tell records apart; the other three only repeat upper and lower case."""
_NOT_READ: Final = Unknown("it was not read")


@dataclass(frozen=True)
class OrgInfo:
    """Which org it is.

    Attributes:
        id: 18 characters.
        kind: Salesforce's `OrganizationType`, such as `Enterprise Edition`.
        instance: URL of the org.
    """

    id: str
    name: str
    is_sandbox: bool
    kind: str = ""
    instance: str = ""

    def has_id(self, given: str) -> bool:
        """Whether an id of 15 or 18 characters is this org's."""
        return given[:_ID_LENGTH] == self.id[:_ID_LENGTH]


@dataclass(frozen=True)
class Keyless:
    """Rows of an object type without an external id, which no sync brings back.

    Attributes:
        first: The first ids, as far as they could be read.
    """

    rows: Fact[int] = _NOT_READ
    first: tuple[str, ...] = ()


@dataclass(frozen=True)
class ObjectFacts:
    """One object type as the org has it.

    Attributes:
        keys: API names of its external id fields that can be read, the one to prefer first; a row
            may have one or the other.
        key_prefix: With which its ids begin, blank if its describe doesn't say.
        fields: API names of the fields that a query may select.
        found: Rows that are Zuora's; unknown where this user may not read them.
        oldest: ISO date of the oldest sign of life: creation in Salesforce or a Zuora date; unknown
            where there is no row, or where the rows were too many to ask.
        links: Number of links to itself by what they are called; unknown as above.
        keyless: Its rows without a key.
        masters: API names of its fields that lead to a master, which alone have an order
            (`relationshipOrder` of sObject Describe).
    """

    kind: ObjectType
    keys: tuple[str, ...] = ()
    key_prefix: str = ""
    fields: tuple[str, ...] = ()
    deletable: bool = True
    found: Fact[int] = _NOT_READ
    oldest: Fact[str] = _NOT_READ
    links: Fact[Mapping[str, int]] = _NOT_READ
    keyless: Keyless = field(default_factory=Keyless)
    masters: tuple[str, ...] = ()

    @property
    def external_id(self) -> str:
        """API name of the external id field to prefer, blank if there is none."""
        return self.keys[0] if self.keys else ""

    @property
    def is_reset(self) -> bool:
        """Whether bookmarks of the streams that feed it go.

        Streams such as Product feed reference data of one group and objects of the other. Where
        the org holds no such reference data, as without real-time sync, the other group's streams
        can stay incremental.
        """
        match self.found:
            case Known(rows):
                return bool(rows) or not self.kind.reference
            case Unknown():
                # (Nothing is deleted before what can't be read: see the check `may-not-read`.)
                return not self.kind.reference


@dataclass(frozen=True)
class OwnValues:
    """What people have filled on the records of one object type.

    Attributes:
        fields: Those that they may fill.
        rows: How many records have a value, by field; a field that no query counts is left out.
        creators: Salesforce ids of owners who own what they have created and nothing else, as a
            sync leaves it; none where nobody can tell.
    """

    fields: tuple[OwnField, ...]
    rows: Mapping[str, Fact[int]] = field(default_factory=dict)
    creators: tuple[str, ...] = ()

    @property
    def kept(self) -> tuple[OwnField, ...]:
        """The fields whose values can be set again, and that may have any."""
        return tuple(each for each in self.fields if each.is_kept and self._may_have(each))

    @property
    def not_kept(self) -> tuple[OwnField, ...]:
        """The fields with values that can't be set again."""
        return tuple(each for each in self.fields if not each.is_kept and self._may_have(each))

    def _may_have(self, each: OwnField) -> bool:
        return self.rows.get(each.name) != Known(0)


@dataclass(frozen=True)
class Beside:
    """Object types of the catalogue that are not cleaned, and over which quotes use what is.

    Attributes:
        objects: With their rows.
        relationships: Into them.
    """

    objects: tuple[ObjectFacts, ...] = ()
    relationships: tuple[Relationship, ...] = ()


@dataclass(frozen=True)
class Accounts:
    """The billing accounts that a cleanup is limited to.

    Attributes:
        setting: Which names them, `only_accounts` or `only_accounts_file`.
        chosen: How many they are.
        all: How many billing accounts there are.
        digest: A hash that tells them from any others.
        missing: Entries of the file that are no account's.
        first_missing: The first of these.
        doubtful: Entries of the file that several accounts have.
        first_doubtful: The first of these.
        contacts: How many contacts they alone use; these stay.
    """

    setting: str
    chosen: int
    all: Fact[int]
    digest: str
    missing: int = 0
    first_missing: tuple[str, ...] = ()
    doubtful: int = 0
    first_doubtful: tuple[str, ...] = ()
    contacts: Fact[int] = field(default_factory=lambda: Known(0))


@dataclass(frozen=True)
class RunningSync:
    """A sync that seems to run: what tells it, its record and since when (UTC)."""

    what: str
    id: str
    since: str


@dataclass(frozen=True)
class OrgConditions:
    """What else goes on in an org, and what its user may do.

    Attributes:
        quotes_version: Such as `9.12`.
        config_version: What the package's own settings say of the version of Quotes.
        running_syncs: Syncs without an end, by what was looked at for them.
        scheduled_syncs: Scheduled jobs of the packages, with the time of their next run.
        triggers: Active triggers for deletions that are not the packages', as (object, name).
        record_counts: Rows by object as Salesforce last counted them, whoever may see them; it
            leaves out what it has not counted.
        allowances: Maximum and what remains of daily allowances, by Salesforce's names.
        may_hard_delete: Whether the user has the permission.
        may_modify_all: Whether the user may read and change every row (Modify All Data).
        may_view_all: Whether the user may read every row (View All Data).
        may_query_all_files: Whether the user sees every file (Query All Files).
        viewed_objects: Objects of which the user may read every row (View All, Modify All).
        user: Name of the user who is logged in.
    """

    quotes_version: Fact[str] = _NOT_READ
    config_version: Fact[str] = _NOT_READ
    running_syncs: Mapping[str, Fact[tuple[RunningSync, ...]]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    scheduled_syncs: Fact[tuple[tuple[str, str], ...]] = _NOT_READ
    triggers: Fact[tuple[tuple[str, str], ...]] = _NOT_READ
    record_counts: Fact[Mapping[str, int]] = _NOT_READ
    allowances: Fact[Mapping[str, tuple[int, int]]] = _NOT_READ
    may_hard_delete: Fact[bool] = _NOT_READ
    may_modify_all: Fact[bool] = _NOT_READ
    may_view_all: Fact[bool] = _NOT_READ
    may_query_all_files: Fact[bool] = _NOT_READ
    viewed_objects: Fact[frozenset[str]] = _NOT_READ
    user: Fact[str] = _NOT_READ

    @property
    def sees_all(self) -> bool:
        """Whether it is known that the user may read every row of every object."""
        return Known(value=True) in (self.may_view_all, self.may_modify_all)


@dataclass(frozen=True)
class OrgFacts:
    """Everything that a plan rests on.

    Attributes:
        objects: The object types to be cleaned, as far as the org has them.
        relationships: Into these objects, from any child.
        reach: How many rows that are not to be deleted a deletion concerns, by the path that leads
            to them; unknown where they could not be counted. Paths without rows are left out.
        lookups: The reference fields of all objects that were looked at.
        through: Ways to rows that are to be deleted themselves, over rows that are not.
        holders: The first ids of the rows that forbid a deletion, by path.
        keyless_links: How many lookups go blank that lead to a row without an external id, by path;
            those that lead to none are left out.
        kept: Ids that stay, by object.
        circles: Object types whose rows hold or take along each other in a circle, as relationships
            that rows use.
        hidden: Relationships that the org has, by its metadata, and that no describe shows to this
            user; unknown where the metadata could not be asked.
        hidden_fields: Fields that people have added to what is deleted or goes along, and that no
            describe shows to this user, as `Object.Field`; unknown as above.
        quote_objects: API names of the objects of quotes that this user sees.
        unfiltered: Object types whose own rows can't be told from Zuora's, since the user may not
            read the field that tells them.
        idle: Relationships that would make a circle with others and that no row uses.
        own_values: What people have filled, by API name of the object type.
        beside: The rest of the catalogue, where only a part of it is cleaned.
        accounts: The billing accounts below which alone rows are deleted; None for all of Zuora's.
        staying: Object types that stay since no way leads from them to a billing account.
        stand_ins: Plain lookups by which alone rows belong to a billing account.
        shared: How many rows of an object type belong to a chosen billing account and, by another
            lookup, to one that is not; those without any are left out.
        own_prices: Entries of price books other than the standard one that go with a product.
        conditions: What else goes on in the org.
        unseen: Object types to be cleaned that the org doesn't have, or doesn't show to this user,
            although it shows others of the same package.
    """

    org: OrgInfo
    objects: tuple[ObjectFacts, ...]
    relationships: tuple[Relationship, ...] = ()
    reach: Mapping[Path, Fact[int]] = field(default_factory=lambda: MappingProxyType({}))
    lookups: Lookups = field(default_factory=lambda: MappingProxyType({}))
    holders: Mapping[Path, Fact[tuple[str, ...]]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    keyless_links: Mapping[Path, Fact[int]] = field(default_factory=lambda: MappingProxyType({}))
    kept: Mapping[str, frozenset[str]] = field(default_factory=lambda: MappingProxyType({}))
    conditions: OrgConditions = field(default_factory=OrgConditions)
    unseen: tuple[str, ...] = ()
    through: tuple[Path, ...] = ()
    circles: tuple[Relationship, ...] = ()
    hidden: Fact[tuple[Relationship, ...]] = _NOT_READ
    quote_objects: tuple[str, ...] = ()
    unfiltered: tuple[str, ...] = ()
    idle: frozenset[Relationship] = frozenset()
    own_prices: Fact[int] = _NOT_READ
    own_values: Mapping[str, OwnValues] = field(default_factory=lambda: MappingProxyType({}))
    beside: Beside = field(default_factory=Beside)
    accounts: Accounts | None = None
    staying: tuple[str, ...] = ()
    stand_ins: tuple[Relationship, ...] = ()
    shared: Mapping[str, Fact[int]] = field(default_factory=lambda: MappingProxyType({}))
    hidden_fields: Fact[tuple[str, ...]] = _NOT_READ

    @property
    def names(self) -> frozenset[str]:
        """API names of the objects to be cleaned."""
        return frozenset(each.kind.api_name for each in self.objects)

    @property
    def reset_names(self) -> frozenset[str]:
        """API names of those whose streams' bookmarks go."""
        return frozenset(each.kind.api_name for each in self.objects if each.is_reset)
