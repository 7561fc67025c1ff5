"""`report.html` of real runs in a real browser: no errors, nothing cut off, light, dark, on paper.

The pictures stay in pytest's folder, whose path is printed (`-rP` or `-s` shows it).
"""

from __future__ import annotations

import html
import json
import re
import shutil
import struct
import subprocess
import zlib
from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.emulator.org.org import CUSTOMER_OBJECTS, OrgOptions
from target_zuora360_cleanup.report.html import render
from tests.report.test_html import DARK, LIGHT, SECTIONS
from tests.support import report_documents as documents
from tests.support.chromium import PROGRAM, Chromium
from tests.support.emulated import Emulated
from tests.support.page import Page
from tests.support.paths import TESTS
from tests.support.runs import ALLOWED, login, run

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="no Chromium (Debian: apt-get install chromium)"),
]
WIDTHS = {"phone": 390, "desktop": 1280}
HEIGHT = 6_000
MEASURE = """<!doctype html><title>not measured</title>
{frames}<script>
const measured = {{}};
for (const frame of document.querySelectorAll("iframe")) frame.onload = () => {{
  const root = frame.contentDocument, view = frame.contentWindow;
  const wide = each => each.getBoundingClientRect();
  const clipped = [...root.querySelectorAll("g.box")].filter(box => {{
    const room = box.querySelector("rect").getBBox();
    return [...box.querySelectorAll("text")].some(text => {{
      const line = text.getBBox();
      return line.x < room.x || line.x + line.width > room.x + room.width + 1
        || line.y < room.y || line.y + line.height > room.y + room.height;
    }});
  }});
  const outside = [...root.querySelectorAll("main *, header *")].filter(each =>
    !each.closest(".wide, .hidden, .sign") && wide(each).right > view.innerWidth + 1);
  const overlapping = [...root.querySelectorAll("td, th, dt, dd, li, p, h1")].filter(each =>
    !each.closest(".wide, .hidden, .sign") && each.scrollWidth > each.clientWidth + 1
      && getComputedStyle(each).display != "inline");
  // (a word that is on two lines has a rectangle on each)
  const torn = [];
  for (const cell of root.querySelectorAll("thead th, tbody th"))
    for (const node of [...cell.childNodes].filter(each => each.nodeType === 3))
      for (const word of node.data.matchAll(/\\b\\w{{2,24}}\\b/g)) {{
      const range = root.createRange();
      range.setStart(node, word.index);
      range.setEnd(node, word.index + word[0].length);
      if (new Set([...range.getClientRects()].map(each => each.top)).size > 1) torn.push(word[0]);
    }}
  measured[frame.id] = {{
    torn,
    scroll: root.documentElement.scrollWidth, inner: view.innerWidth,
    clipped: clipped.map(box => box.textContent.trim().replace(/\\s+/g, " ")),
    outside: outside.map(each => each.tagName + "." + each.className),
    overlapping: overlapping.map(each => each.tagName + ": " + each.textContent.slice(0, 80)),
  }};
  document.title = JSON.stringify(measured);
}};
</script>"""
FRAME = '<iframe id="{id}" src="{page}" style="width:{width}px;height:900px;border:0"></iframe>'
"""Pages are measured in one window, at each width."""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The pages of a plan that is blocked, of a cleanup, and of one that leaves records."""
    folder = tmp_path_factory.mktemp("report")
    print(f"Pages and pictures: {folder}")  # noqa: T201 - where a person finds them
    everything = OrgOptions(records=3_000, customer_rows=frozenset(CUSTOMER_OBJECTS))
    sandbox = OrgOptions(records=3_000, sandbox=True)
    veto = {"object": "Zuora__CustomerAccount__c", "code": "DELETE_FAILED", "message": "in use",
            "operation": "delete", "share": 0.2}  # fmt: skip
    made = {
        "plan": page_of(folder / "plan", everything, {"mode": "plan"}, {}),
        "cleanup": page_of(folder / "cleanup", sandbox, {"mode": "cleanup", **ALLOWED}, {}),
        "partial": page_of(
            folder / "partial", sandbox, {"mode": "cleanup", **ALLOWED}, {"rows": [veto]}
        ),
    }
    for name, path in made.items():
        shutil.copy(path, folder / f"{name}.html")
    (folder / "crowded.html").write_text(render(documents.CROWDED), encoding="utf-8")
    for name in WRITTEN:
        document = json.loads((TESTS / f"data/reports/{name}.json").read_text(encoding="utf-8"))
        (folder / f"{name}.html").write_text(render(document), encoding="utf-8")
    return {name: folder / f"{name}.html" for name in (*made, "crowded", *WRITTEN)}


def page_of(output: Path, options: OrgOptions, config: dict[str, Any], faults: Any) -> Path:
    with Emulated(options) as server:
        server.set_faults(faults)
        return run({**login(server), **config}, output).folder / "report.html"


@pytest.fixture
def chromium(tmp_path: Path) -> Chromium:
    return Chromium(tmp_path)


REAL = ["plan", "cleanup", "partial"]
NAMES = pytest.mark.parametrize("name", REAL)
WRITTEN = ("sync_partial", "relink_partial", "verify_partial", "undo_partial")
"""Documents that other tests hold to the last word."""
ALL_PAGES = pytest.mark.parametrize("name", [*REAL, "crowded", *WRITTEN])


def test_an_error_on_a_page_would_be_seen(chromium: Chromium, tmp_path: Path) -> None:
    page = tmp_path / "bad.html"
    page.write_text("<script>missing()</script>", encoding="utf-8")
    _, errors = chromium.run(page, "--dump-dom")
    assert "missing is not defined" in errors[0]


@NAMES
def test_it_opens_without_errors_and_with_all_sections(
    chromium: Chromium, pages: dict[str, Path], name: str
) -> None:
    dom, errors = chromium.run(pages[name], "--dump-dom")
    assert errors == []
    page = Page(dom)
    sections = [each["id"] for each in page.all("section") if each["id"] in SECTIONS]
    left_out = {"failures", "timeline"} if name == "plan" else set[str]()
    left_out |= {"along"} - set(sections)
    assert sections == [each for each in SECTIONS if each not in left_out]
    steps = [each for each in page.all("g") if each.get("class") == "box"]
    report = json.loads(next((pages[name].parent / name).glob("*/report.json")).read_text("utf-8"))
    assert len(steps) == sum(bool(each["found"]) for each in report["objects"]) > 30
    bars = [each for each in page.all("span") if each.get("class") == "bar"]
    assert len(bars) == len(report["timeline"])
    assert bool(bars) == (name != "plan")


@ALL_PAGES
def test_nothing_is_cut_off_or_makes_the_page_scroll_sideways(
    chromium: Chromium, pages: dict[str, Path], name: str
) -> None:
    frame = pages[name].with_name(f"measure-{name}.html")
    frames = "".join(
        FRAME.format(id=each, page=pages[name].name, width=width) for each, width in WIDTHS.items()
    )
    frame.write_text(MEASURE.format(frames=frames), encoding="utf-8")
    dom, _ = chromium.run(frame, "--dump-dom", "--allow-file-access-from-files",
                          "--window-size=1600,1000")  # fmt: skip
    (title,) = re.findall(r"<title>(.*?)</title>", dom)
    assert json.loads(title) == {
        each: {
            "scroll": width,
            "inner": width,
            "clipped": [],
            "outside": [],
            "overlapping": [],
            "torn": [],
        }
        for each, width in WIDTHS.items()
    }


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The script of axe-core, which looks for what keeps people from reading a page."""
    folder, npm = tmp_path_factory.mktemp("axe"), shutil.which("npm")
    if npm is None:
        pytest.skip("no npm (Debian: apt-get install npm)")
    command = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "axe-core@4"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return (folder / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")


LOOK = """{axe}
axe.run(document).then(found => {{
  document.title = JSON.stringify(found.violations.map(each =>
    [each.id, ...each.nodes.map(node => node.html + ": " + node.failureSummary)]));
}}, error => {{ document.title = JSON.stringify([[String(error)]]); }});"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@ALL_PAGES
def test_nothing_keeps_anybody_from_reading_it(
    chromium: Chromium, pages: dict[str, Path], axe: str, name: str, *, dark: bool
) -> None:
    text = pages[name].read_text(encoding="utf-8")
    # (the page itself lets no script run)
    text, policies = re.subn(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)
    looked = pages[name].with_name(f"axe-{name}.html")
    looked.write_text(f"{text}<script>{LOOK.format(axe=axe)}</script>", encoding="utf-8")
    dom, errors = chromium.run(
        looked, "--dump-dom", "--virtual-time-budget=20000", "--window-size=1280,900", dark=dark
    )
    (title, *_) = re.findall(r"<title>(.*?)</title>", dom, re.DOTALL)
    assert (policies, errors, json.loads(html.unescape(title))) == (1, [], [])


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(("name", "width"), [
    ("plan", WIDTHS["phone"]), ("cleanup", WIDTHS["desktop"]), ("partial", WIDTHS["phone"]),
])  # fmt: skip
def test_it_is_drawn_in_the_scheme_that_the_reader_prefers(
    chromium: Chromium, pages: dict[str, Path], name: str, width: int, *, dark: bool
) -> None:
    picture = chromium.screenshot(pages[name], width, HEIGHT, dark=dark)
    print(f"Picture: {picture}")  # noqa: T201 - where a person finds it
    background = DARK["--bg"] if dark else LIGHT["--bg"]
    size, first = size_and_first_pixel(picture.read_bytes())
    assert (size, first) == ((width, HEIGHT), background)


def size_and_first_pixel(png: bytes) -> tuple[tuple[int, int], str]:
    """Of an 8-bit RGB or RGBA picture (PNG specification)."""
    width, height = struct.unpack(">II", png[16:24])
    data, at = b"", 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        if png[at + 4 : at + 8] == b"IDAT":
            data += png[at + 8 : at + 8 + length]
        at += 12 + length
    return (width, height), "#" + zlib.decompress(data)[1:4].hex()


@NAMES
def test_it_prints_on_few_sheets_the_drawing_on_one_across(
    chromium: Chromium, pages: dict[str, Path], name: str
) -> None:
    pdf = pages[name].with_suffix(".pdf")
    _, errors = chromium.run(pages[name], f"--print-to-pdf={pdf}", "--no-pdf-header-footer")
    assert errors == []
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf.read_bytes())
    assert len(boxes) <= 8
    assert sum(float(wide) > float(high) for wide, high in boxes) == 1
