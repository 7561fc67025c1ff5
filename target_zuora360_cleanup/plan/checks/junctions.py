"""What a cleanup does to follows, topics and links of files: they go, and can be made again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.facts.known import Known, Unknown
from target_zuora360_cleanup.output.counted import counted
from target_zuora360_cleanup.plan.check import check
from target_zuora360_cleanup.plan.counts import rows_of, strong_links
from target_zuora360_cleanup.plan.finding import After, Code
from target_zuora360_cleanup.reach.junctions import junction_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_zuora360_cleanup.plan.check import Weighed
    from target_zuora360_cleanup.plan.finding import Finding
    from target_zuora360_cleanup.reach import Path

MADE_AGAIN: Final = Code(
    "rows-made-again",
    "tells",
    "follows, topics and links of files that go with their records and are written down beforehand",
    "[relink](relink.md) makes them again after the next full sync",
)

FILES_HIDDEN: Final = Code(
    "files-may-be-hidden",
    "warns",
    "links of files that this user may not see go with the records, uncounted and unwritten; the "
    "files themselves stay",
    "give the user Query All Files",
)
FILES: Final = "ContentDocumentLink"


def is_made_again(path: Path, weighed: Weighed) -> bool:
    """Whether a relink can make rows again that a cascade takes: all their records have keys."""
    settings = weighed.settings
    is_on = settings.lookup_links == "snapshot" and path.child not in settings.allow_cascade_to
    parents = (each for each in weighed.facts.objects if each.kind.api_name == path.root)
    have_keys = any(each.keys and each.keyless.rows == Known(0) for each in parents)
    is_taken = path.on_delete == "cascade" and junction_at(path) is not None
    return is_on and is_taken and have_keys


@check(MADE_AGAIN)
def made_again(weighed: Weighed) -> Iterator[Finding]:
    """Follows, topics and links of files that go and can be made again."""
    links = strong_links(weighed.facts)
    if found := [(path, rows) for path, rows in links if is_made_again(path, weighed)]:
        total = sum(rows for _, rows in found)
        going = counted(total, "mark of this kind goes", "marks of this kind go")
        yield MADE_AGAIN.found(
            f"Follows, topics and links of files: {going} with the records; users, topics and "
            "files themselves stay.",
            "They are written to junctions/ in the output folder; relink makes them again after "
            "the next full sync.",
            tuple((path.name, rows) for path, rows in found),
            after=After(
                "Gone with their records: {}; users, topics and files themselves stay.",
                "They are written to junctions/ in the output folder; relink makes them again "
                "after the next full sync.",
                ("follow, topic or link of a file", "follows, topics and links of files"),
                tuple(found),
            ),
        )


@check(FILES_HIDDEN)
def hidden_files(weighed: Weighed) -> Iterator[Finding]:
    """Links of files that nobody here can count, on records that go."""
    may_see = weighed.facts.conditions.may_query_all_files
    going = {each.kind.api_name for each in weighed.facts.objects if rows_of(each)}
    linked = {each.parent for each in weighed.facts.relationships if each.child == FILES}
    if may_see == Known(value=True) or not going & linked:
        return
    why = f" (not known: {may_see.why})" if isinstance(may_see, Unknown) else ""
    yield FILES_HIDDEN.found(
        f"The user does not have Query All Files{why}: links of files on these records that it may "
        "not see go with them, and are in no file. The files themselves stay.",
        "Give the user the permission Query All Files, which View All Data does not include; or "
        "see to it yourself that no such file is on them.",
        after=After(
            f"The user did not have Query All Files{why}: links of files on these records that it "
            "could not see went with them, and are in no file. The files themselves stay.",
            "Ask those who work with the records whether files are missing there.",
            types=tuple(sorted(going & linked)),
        ),
    )
