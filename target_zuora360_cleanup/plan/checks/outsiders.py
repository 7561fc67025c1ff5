"""What a cleanup does to rows that are not to be cleaned: destroys, is held by, or blanks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.catalog.objects import QUOTE_PREFIX
from target_zuora360_cleanup.facts.known import Fact, Known, Unknown
from target_zuora360_cleanup.output.counted import counted
from target_zuora360_cleanup.plan.check import check
from target_zuora360_cleanup.plan.checks.junctions import is_made_again
from target_zuora360_cleanup.plan.checks.prices import is_price
from target_zuora360_cleanup.plan.counts import detached_links, some_stay, strong_links
from target_zuora360_cleanup.plan.finding import After, Code
from target_zuora360_cleanup.reach import WITH_BODY, Detaching

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_zuora360_cleanup.plan.check import Weighed
    from target_zuora360_cleanup.plan.finding import Finding, Severity
    from target_zuora360_cleanup.reach import OnDelete, Path
    from target_zuora360_cleanup.settings.declared import Settings

ALLOWED: Final = Code(
    "allowed-rows-taken-along",
    "tells",
    "rows of an object in `allow_cascade_to` will be destroyed with their parents",
    "none needed: it is allowed, and `backup` counts for them too",
)
OF_PACKAGE: Final = Code(
    "package-rows-taken-along",
    "blocks",
    "rows of a package object that is not to be cleaned would be destroyed with their parents",
    "clean that object too, or leave its parents alone",
)
OF_CUSTOMER: Final = Code(
    "customer-rows-taken-along",
    "blocks",
    "rows that people have made would be destroyed with their parents, at whatever depth",
    "move or export them, or name the object in `allow_cascade_to`",
)
MARKS: Final = Code(
    "marks-taken-along",
    "tells",
    "follows, topics, approval histories and the like go with their records",
    "none needed: they say something of the record and hold nothing else",
)
DETACHED: Final = Code(
    "rows-detached",
    "tells",
    "rows of people that would go with their parents are kept: their lookup is blanked beforehand",
    "[relink](relink.md) attaches them again after the next full sync; name the object in "
    "`allow_cascade_to` if they may go",
)
HELD: Final = Code(
    "rows-hold-records",
    "blocks",
    "rows whose lookup forbids the deletion, with the first ids",
    "blank the lookup, or leave the parent alone",
)
CIRCLE: Final = Code(
    "objects-hold-each-other",
    "blocks",
    "rows of object types that hold or take along each other in a circle",
    "blank one of the lookups, or leave these object types alone",
)
NOT_COUNTED: Final = Code(
    "rows-not-counted",
    "blocks",
    "rows that a deletion reaches and that could not be counted, relationship by relationship",
    "give the user Read on the object, or see to it that no such rows are there",
    setting="lookup_links",
    otherwise=("warns", "tells"),
)


@check(OF_CUSTOMER, OF_PACKAGE, HELD, ALLOWED, MARKS)
def taken_along(weighed: Weighed) -> Iterator[Finding]:
    """Rows of others that a cascade destroys, or that hold a record."""
    facts = weighed.facts
    marks: list[tuple[Path, int]] = []
    for path, rows in strong_links(facts):
        if path.on_delete == "restrict":
            holders = facts.holders.get(path, Unknown("they were not read"))
            yield _restrict(path, rows, holders)
        elif is_made_again(path, weighed) or is_price(path, weighed):
            continue
        elif path.nature == "mark":
            marks.append((path, rows))
        else:
            yield _cascade(path, rows, weighed)
    if marks:
        yield _marks(marks)


def _cascade(path: Path, rows: int, weighed: Weighed) -> Finding:
    settings = weighed.settings
    with_their = f"would be destroyed with {'its' if rows == 1 else 'their'} {path.parent}"
    what = f"{counted(rows, 'row')} of {path.child} {with_their}"
    if path.nature == "package":
        return _of_package(path, what, rows, weighed)
    if path.child in settings.allow_cascade_to:
        backup = f"backed up{_bodies(path, settings)}"
        backup = "not backed up: backup is none" if settings.backup == "none" else backup
        return ALLOWED.found(
            f"{what} ({path.words}).",
            f"That is allowed: {path.child} is named in allow_cascade_to. They are {backup}.",
            ((path.child, rows),),
            after=After(
                f"Destroyed with their {path.parent}: {{}} ({path.words}).",
                f"That was allowed: {path.child} is named in allow_cascade_to. They are {backup}.",
                (f"row of {path.child}", f"rows of {path.child}"),
                ((path, rows),),
            ),
        )
    return OF_CUSTOMER.found(
        f"{what} ({path.words}). They are not Zuora's, and no sync brings them back.",
        f"Move or export them first, or name {path.child} in allow_cascade_to."
        f"{_could_be_kept(path, weighed)}",
        ((path.child, rows),),
    )


def _of_package(path: Path, what: str, rows: int, weighed: Weighed) -> Finding:
    if path.child in weighed.facts.names:
        return OF_PACKAGE.found(
            f"{what} ({path.words}), although no chosen billing account has them.",
            f"Choose their billing accounts too, or blank {path.field} on them.",
            ((path.child, rows),),
        )
    return OF_PACKAGE.found(
        f"{what} ({path.words}), although {path.child} is not to be cleaned.",
        f"Clean {path.child} too, or leave {path.root} alone as well (include_objects, "
        "exclude_objects).",
        ((path.child, rows),),
    )


def _bodies(path: Path, settings: Settings) -> str:
    """What the backup has of bodies that no query gives."""
    if path.child not in WITH_BODY:
        return ""
    most = settings.backup_bodies_mb
    return f", bodies up to {most:,} MB each" if most else ", but for their bodies"


def _could_be_kept(path: Path, weighed: Weighed) -> str:
    """That it is a setting which lets rows go that need not."""
    on = Detaching(is_on=True)
    is_kept = on.weighed(path, weighed.facts.lookups) != path
    return " With lookup_links snapshot they are detached and stay." if is_kept else ""


@check(DETACHED)
def detached(weighed: Weighed) -> Iterator[Finding]:
    """Rows of others that are kept from going with their parents."""
    if links := list(detached_links(weighed.facts)):
        total = sum(rows for _, rows in links)
        rows = counted(total, "row of people hangs", "rows of people hang")
        most = "Up to " if some_stay(weighed.facts, links) else ""
        yield DETACHED.found(
            f"{most}{rows} on these records and would be destroyed with them: detached first, "
            f"{'it stays' if total == 1 else 'they stay'}.",
            "Where they led is written to links/ in the output folder; relink attaches them again "
            "after the next full sync.",
            tuple((path.name, rows) for path, rows in links),
            after=After(
                "Detached from these records, so as not to be destroyed with them: {}.",
                "Where they led is written to links/ in the output folder; relink attaches them "
                "again after the next full sync.",
                ("row of people", "rows of people"),
                tuple(links),
                is_most=bool(most),
            ),
        )


def _restrict(path: Path, rows: int, holders: Fact[tuple[str, ...]]) -> Finding:
    match holders:
        case Known(ids) if ids:
            first = f" The first: {', '.join(ids)}."
        case Known() | Unknown():
            # The count blocks in any case; without the ids it is only harder to act upon.
            first = ""
    hold = "holds its" if rows == 1 else "hold their"
    return HELD.found(
        f"{counted(rows, 'row')} of {path.child} {hold} {path.parent} ({path.words}): Salesforce "
        f"refuses to delete a record that is held so.{first}",
        f"Blank {path.field} on {'this row' if rows == 1 else 'these rows'}, or leave {path.root} "
        "alone.",
        ((path.child, rows),),
    )


def _marks(marks: list[tuple[Path, int]]) -> Finding:
    total = sum(rows for _, rows in marks)
    return MARKS.found(
        f"{counted(total, 'mark goes with its record', 'marks go with their records')}: follows, "
        "topics, histories and the like.",
        "Nothing to do: they hold no content of their own.",
        tuple((path.name, rows) for path, rows in marks),
        after=After(
            "Gone with their records: {}, which are follows, topics, histories and the like.",
            "Nothing to do: they held no content of their own.",
            ("mark", "marks"),
            tuple(marks),
        ),
    )


@check(CIRCLE)
def circle(weighed: Weighed) -> Iterator[Finding]:
    """Object types of which none can go before the other."""
    if held := weighed.facts.circles:
        fields = ", ".join(f"{each.name} to {each.parent}" for each in held)
        yield CIRCLE.found(
            f"Rows hold or take along each other in a circle ({fields}), so that none of these "
            "object types can be deleted before the others.",
            f"Blank {held[0].field} on the rows of {held[0].child}, or leave these object types "
            "alone.",
        )


@check(NOT_COUNTED)
def not_counted(weighed: Weighed) -> Iterator[Finding]:
    """Rows of which nobody can say whether there are any."""
    found: dict[tuple[str, OnDelete, str], list[Path]] = {}
    for path in sorted(weighed.facts.reach):
        match weighed.facts.reach[path]:
            case Unknown(why):
                found.setdefault((path.words, path.on_delete, why), []).append(path)
            case Known():
                pass
    for (_, _, why), paths in found.items():
        yield _not_counted(paths, why, _severity(paths[0], weighed.settings))


def _severity(path: Path, settings: Settings) -> Severity:
    """Lookups of quotes are never ignored: without them nobody knows what to keep."""
    if path.nature == "mark":
        return "tells"
    keeps = settings.keep_quoted_products and path.child.startswith(QUOTE_PREFIX)
    is_ignored = path.on_delete == "clear" and settings.lookup_links == "ignore" and not keeps
    return "warns" if is_ignored else "blocks"


_DOES: Final = {
    "cascade": "be destroyed with", "restrict": "forbid the deletion of", "clear": "lose",
    "detach": "be destroyed with",
}  # fmt: skip


def _not_counted(paths: list[Path], why: str, severity: Severity) -> Finding:
    """Of one lookup, which may lead to several objects."""
    path = paths[0]
    parents = ", ".join(each.parent for each in paths)
    return NOT_COUNTED.found(
        f"How many rows of {path.child} would {_DOES[path.on_delete]} their {parents} could not be "
        f"counted ({path.words}): {why}.",
        f"Give the user Read on {path.child} and {path.field}, blank that lookup, or leave "
        f"{', '.join(dict.fromkeys(each.root for each in paths))} alone.",
        ((path.child, 0),),
        severity,
    )
