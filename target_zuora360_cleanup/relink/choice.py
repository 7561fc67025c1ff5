"""Which links a relink is about, where several cleanups have left some. Pure but for `candidates`.

The newest one that names a link counts: it knows where the lookup led last.
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.errors import InputError, Refused
from target_zuora360_cleanup.relink.snapshot import snapshots_in
from target_zuora360_cleanup.report.earlier import cleanups

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from target_zuora360_cleanup.facts.org_facts import OrgInfo
    from target_zuora360_cleanup.relink.snapshot import Snapshot
    from target_zuora360_cleanup.report.earlier import Earlier

_OF_PEOPLE: Final = frozenset(
    {
        "links-without-key", "lookups-go-blank", "own-values", "own-values-not-kept",
        "rows-detached", "rows-made-again", "rows-not-counted",
    }
)  # fmt: skip
"""Findings that tell of what people have added, or that nobody knows whether they have."""


def candidates(output_dir: str, given: Snapshot | None) -> list[Snapshot]:
    """The snapshots to choose from, newest first; beside one that was given also those there.

    Returns:
        Those; none where the reports of all cleanups tell that nothing had to be written down.

    Raises:
        InputError: There are none to choose from, or one can't be read.
    """
    if given and not given.age[0]:
        # (a renamed folder does not tell its age)
        return []
    found = snapshots_in(output_dir)
    if given:
        beside = snapshots_in(str(given.folder.resolve().parent))
        by_folder = {each.folder.resolve(): each for each in (*found, *beside)}
        return sorted(by_folder.values(), key=lambda each: each.age, reverse=True)
    if not found and not _left_nothing(output_dir):
        raise InputError(
            f"output_dir: '{output_dir}' holds no cleanup with links to set again. Name the folder "
            "of one."
        )
    return found


def _left_nothing(output_dir: str) -> bool:
    """Whether there are cleanups, and each says that no lookup nor value was to be written down."""
    reports = [report for _, report in cleanups(output_dir)]
    deleting = [each for each in reports if each is None or each.get("status") != "refused"]
    return bool(deleting) and all(each is not None and _wrote_all(each) for each in deleting)


def _wrote_all(report: Earlier) -> bool:
    guards = report.get("guards") or {}
    is_written_down = (guards.get("lookup_links"), guards.get("keep_own_values"))
    findings = report.get("findings")
    if findings is None:
        return False
    codes = {each.get("code") for each in findings}
    return (
        is_written_down == ("snapshot", "on")
        and report.get("blank_links") == []
        and report.get("detached") == []
        and codes.isdisjoint(_OF_PEOPLE)
    )


def choose(known: Sequence[Snapshot], info: OrgInfo) -> list[Snapshot]:
    """The newest snapshot of this org that is not relinked yet, and those that belong to it.

    A cleanup that has not deleted all that it should is gone on with by the next one.

    Raises:
        Refused: There are some, but none of this org.
    """
    if not known:
        return []
    own = [each for each in known if _is_of(each, info)]
    if not own:
        orgs = ", ".join(sorted({each.org_id or "an unknown org" for each in known}))
        raise Refused(
            f"The login leads to {info.name}, {info.id}, but the links are of {orgs}. Check which "
            "org the credentials belong to."
        )
    newest = next((at for at, each in enumerate(own) if not each.is_done), None)
    if newest is None:
        return []
    unfinished = takewhile(lambda each: not (each.is_done or each.is_whole), own[newest + 1 :])
    return [own[newest], *unfinished]


def newer_than(snapshot: Snapshot, known: Sequence[Snapshot], info: OrgInfo) -> list[Snapshot]:
    """The snapshots of later cleanups of this org."""
    return [each for each in known if _is_of(each, info) and each.age > snapshot.age]


def others(chosen: Sequence[Snapshot], known: Sequence[Snapshot], info: OrgInfo) -> Iterator[str]:
    """A sentence for each other snapshot, of this org or of no known one, that is not relinked."""
    ages = [each.age for each in chosen]
    for each in known:
        ours = _is_of(each, info) or not each.org_id
        if ours and not each.is_done and each.age not in ages:
            when = "a later" if each.age > max(ages) else "an earlier"
            yield (
                f"What {when} cleanup took is not set again yet: {each.folder}. Relink again for "
                "it."
            )


def check_org(snapshot: Snapshot, info: OrgInfo) -> None:
    """Let no org be written to but the one that the links are of.

    Raises:
        Refused: It is another one, or nothing tells which one it is.
    """
    if not snapshot.org_id:
        raise Refused(
            f"Nothing in {snapshot.folder} tells which org the links are of. If you are sure that "
            f'it is this one, write {{"org_id": "{info.id}"}} to links/manifest.json there.'
        )
    if not _is_of(snapshot, info):
        raise Refused(
            f"The links are of the org {snapshot.org_id}, but the login leads to {info.name}, "
            f"{info.id}. Check which org the credentials belong to."
        )


def _is_of(snapshot: Snapshot, info: OrgInfo) -> bool:
    return info.has_id(snapshot.org_id)
