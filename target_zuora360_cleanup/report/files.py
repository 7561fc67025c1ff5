"""The two forms of a run's report: `report.json` for programs, `report.html` for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_zuora360_cleanup.output.folder import OutputFolder
    from target_zuora360_cleanup.report.document import Report


def write_report(folder: OutputFolder, report: Report) -> Iterator[str]:
    """Write both forms.

    Yields:
        A sentence for each form that can't be written; the other is written all the same.
    """
    document = report.as_json()
    try:
        folder.write_json("report.json", document)
    except OSError as exc:
        yield f"The report can't be written: {exc.strerror or exc}."
    yield from _write_page(folder, document)


def _write_page(folder: OutputFolder, document: dict[str, Any]) -> Iterator[str]:
    # Its template engine is needed nowhere else, so starting need not wait for it.
    from target_zuora360_cleanup.report.html import render

    try:
        folder.write_text("report.html", render(document))
    except OSError as exc:
        yield f"report.html can't be written: {exc.strerror or exc}."
    except Exception as exc:  # noqa: BLE001 - how the run ended must still be told
        yield f"report.html can't be made of the report: {type(exc).__name__}: {exc}."
