"""The most memory that a run has, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

_MEASURED = """
import json, re, sys
from pathlib import Path
from {module} import {name}
ran = {name}(json.loads(sys.argv[1]), Path(sys.argv[2]))
sys.stderr.write(ran.message + ran.summary)
# (getrusage would count what the parent of this process had)
peak = int(re.search(r"VmHWM:\\\\s+(\\\\d+) kB", Path("/proc/self/status").read_text())[1])
print(json.dumps([ran.status, peak]))
"""


def peak(module: str, name: str, config: dict[str, Any], output: Path) -> int:
    """The most memory, in KiB, of a run that ends well.

    Args:
        module: Has the function that runs it.
        name: Of that function, which takes settings and the folder of output folders.
        config: The settings.
        output: The folder.
    """
    code = _MEASURED.replace("\\\\", "\\").format(module=module, name=name)
    done = subprocess.run(
        [sys.executable, "-c", code, json.dumps(config), str(output)],
        capture_output=True, text=True, timeout=900, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    status, kib = json.loads(done.stdout.splitlines()[-1])
    assert status == 0, done.stderr
    return int(kib)
