"""What somebody weighs who approves a cleanup: how much, whose, for how long, and the way back.

Pure: documented JSON in, plain data out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.output.counted import counted
from target_zuora360_cleanup.report import way_back
from target_zuora360_cleanup.report.numbers import Total
from target_zuora360_cleanup.report.object_table import is_carried_out

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Report = Mapping[str, Any]

_GROUPS: Final = {
    "accounts": "Accounts & Related Objects",
    "product_catalog": "Product Catalog",
}
_DELETING: Final = ("plan", "cleanup")
_OWN_VALUES: Final = ("own-values", "own-values-not-kept")
_VALUES_GO: Final = "values of their own fields go"
_NOTHING_SEEN: Final = "nothing that was seen; see the findings"
_CONFIRMATION: Final = {"production-not-confirmed"}
_NOT_COUNTED: Final = "rows-not-counted"


def groups(report: Report) -> tuple[tuple[str, Total], ...]:
    """Records deleted, or to be, by object group; none where nothing is deleted."""
    key = "deleted" if is_carried_out(report) else "to_delete"
    if report["mode"] not in _DELETING:
        return ()
    found: dict[str, list[int | None]] = {}
    for each in report["objects"]:
        found.setdefault(each["group"], []).append(each[key])
    return tuple((_GROUPS.get(name, name), Total.of(rows)) for name, rows in found.items())


def touched(report: Report) -> tuple[str, ...]:
    """What is touched that is not Zuora's, in a few words each; none where nothing is deleted."""
    if is_carried_out(report):
        told = tuple(_was_touched(report))
    elif report["mode"] == "plan" and report["objects"]:
        told = tuple(_touched(report))
    else:
        return ()
    return told or (_NOTHING_SEEN if _may_be_unseen(report) else "nothing",)


def _may_be_unseen(report: Report) -> bool:
    """Whether a finding may say that something could not be looked at."""
    return any(
        each["severity"] != "tells" or each["code"] == _NOT_COUNTED for each in report["findings"]
    )


def _touched(report: Report) -> Iterator[str]:
    along = [each["planned"] for each in report.get("taken_along", ())]
    if along:
        yield Total.of(along).counted("row goes along", "rows go along")
    if kept := [each["rows"] for each in report.get("detached", ())]:
        rows = Total.of(kept)
        yield rows.counted("row is detached, and stays", "rows are detached, and stay")
    if report["blank_links"]:
        links = Total.of(each["rows"] for each in report["blank_links"])
        yield f"{links.counted('lookup goes blank', 'lookups go blank')}, at most"
    if values := [each["objects"] for each in report["findings"] if each["code"] in _OWN_VALUES]:
        yield _values([rows for objects in values for rows in objects.values()])
    if blocked := [each for each in report["strong_links"] if each["on_delete"] == "restrict"]:
        yield f"{counted(sum(each['rows'] for each in blocked), 'row')} in the way"


def _was_touched(report: Report) -> Iterator[str]:
    """The same of a cleanup that was begun, as it was counted."""
    along = Total.of(each.get("gone") for each in report.get("taken_along", ()))
    detached = Total.of(each.get("detached") for each in report.get("detached", ()))
    blank = Total.of(each.get("gone") for each in report["blank_links"])
    for rows, words in (
        (along, ("row went along", "rows went along")),
        (detached, ("row was detached, and stays", "rows were detached, and stay")),
        (blank, ("lookup went blank", "lookups went blank")),
    ):
        if rows.known or not rows.is_all:
            yield rows.counted(*words)
    if any(each["code"] in _OWN_VALUES for each in report["findings"]):
        yield "values of their own fields went with the records"


def _values(rows: list[int]) -> str:
    """How many values go; a field whose values nobody has counted has 0."""
    if not all(rows):
        return _VALUES_GO
    return f"{counted(sum(rows), 'value of their own fields goes', _VALUES_GO)}, at most"


def taken_back(report: Report) -> str:
    """Whether what is deleted can be had back, in a sentence; blank where nothing is deleted."""
    is_told = report["mode"] in _DELETING and report["objects"] and report.get("guards")
    if not is_told:
        return ""
    if told := report.get("undo"):
        words = way_back.in_words(told)
        return words[:1].upper() + words[1:]
    if report["guards"]["hard_delete"] == "on":
        return "No: hard_delete skips the recycle bin."
    return "From Salesforce's recycle bin, within 15 days and as far as its room goes."


def can_be_approved(report: Report) -> bool:
    """Whether it is a plan that could be carried out, but for the confirmation of the org."""
    blocking = {each["code"] for each in report["findings"] if each["severity"] == "blocks"}
    is_whole = report["status"] in ("done", "refused") and bool(report["objects"])
    return report["mode"] == "plan" and is_whole and blocking <= _CONFIRMATION


def paired(state: Mapping[str, Any]) -> str:
    """What became of another pipeline's state."""
    if state["written"] is None:
        return "not written"
    if state["overwritten"]:
        return "reset twice: a run of its own wrote it in between"
    return "reset and read back" if state["verified"] else "reset, but not sure to hold"
