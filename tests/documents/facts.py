"""Makes `package_fields.tsv` and `documented_fields.tsv` in `tests/data` from tables of more facts.

`python -m tests.documents.facts FOLDER`: the folder holds `package-fields.tsv` (fields of the
packages, from the metadata of real orgs) and `field-maps.tsv` (Zuora's pages of field maps, with
what an export can tell). What is kept is what the tests ask for: facts, no sentences.
"""

from __future__ import annotations

import csv
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from target_zuora360_cleanup.catalog.objects import BY_NAME
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DATA = ROOT / "tests" / "data"
_SPELT = re.compile(r"in the orgs: (?P<name>\w+__c) \((?P<type>[^)]*)\)")


def read(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a table."""
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)


def write(name: str, head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    """A table in `tests/data`."""
    lines = ["\t".join(each) for each in (head, *sorted(set(rows)))]
    (DATA / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def package_fields(folder: Path) -> Iterator[tuple[str, ...]]:
    """Each field of an object type of the catalogue."""
    for row in read(folder / "package-fields.tsv"):
        if row["object"] in BY_NAME:
            required = "required" if row["required"].lower() == "true" else ""
            yield row["object"], row["field"], row["type"], required, row["references"]


def documented_fields(folder: Path) -> Iterator[tuple[str, ...]]:
    """Each field that a page names, with Zuora's field and what an export tells of it.

    One that orgs spell otherwise than the page is there under both names.
    """
    for row in read(folder / "field-maps.tsv"):
        zuora = f"{row['zuora_object']}.{row['zuora_field']}"
        in_orgs = "yes" if row["in_orgs"].startswith("yes") else "no"
        names = row["salesforce_object"], row["salesforce_field"]
        yield *names, zuora, row["tap"], in_orgs, row["org_type"]
        if found := _SPELT.search(row["note"]):
            yield names[0], found["name"], zuora, row["tap"], "yes", found["type"]


def main(folder: Path) -> None:
    """Write both tables."""
    head = "object", "field", "type", "required", "references"
    write("package_fields.tsv", head, package_fields(folder))
    names = "object", "field", "zuora", "export", "in_orgs", "type"
    write("documented_fields.tsv", names, documented_fields(folder))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
