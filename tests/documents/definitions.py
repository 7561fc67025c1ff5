"""The definitions of the loader and the utility as MeltanoHub keeps them, from the code.

`python -m tests.documents` writes them into the package.
"""

from __future__ import annotations

from typing import Any

import yaml

from target_zuora360_cleanup.cli import main
from target_zuora360_cleanup.settings.declared import LOGINS
from target_zuora360_cleanup.settings.schema import json_schema
from target_zuora360_cleanup.target import TargetZuora360Cleanup
from tests.support.paths import ROOT

FOLDER = ROOT / "target_zuora360_cleanup/hub"
PACKAGE_VARIABLE = "ZUORA_CLEANUP_PACKAGE"
"""Where the package is, in a project's `.env`: no registry has it."""


def setting(name: str) -> dict[str, Any]:
    """A setting as Meltano's plugin definitions write it."""
    about = json_schema()["properties"][name]
    options = [each for each in about.get("enum", []) if each]
    made = {"name": name, "label": about["title"], "description": about["description"]}
    made["kind"] = "options" if options else about["type"][0]
    if about.get("secret"):
        made["sensitive"] = True
    if options:
        made["options"] = [{"label": each, "value": each} for each in options]
    if "default" in about:
        made["value"] = about["default"]
    return made


def definitions() -> dict[str, dict[str, Any]]:
    """Each definition by its file's name."""
    shared = {
        "variant": "original",
        "pip_url": f"${{{PACKAGE_VARIABLE}}}",
        "domain_url": "https://www.zuora.com/",
        "maintenance_status": "active",
        "keywords": ["zuora", "salesforce", "cleanup"],
        "settings_group_validation": [list(way) for way in LOGINS],
        "settings": [setting(name) for name in json_schema()["properties"]],
    }
    loader = {
        "name": "target-zuora360-cleanup",
        "namespace": "target_zuora360_cleanup",
        "label": "Zuora 360 Sync Cleanup",
        "description": "Deletes Zuora's records from Salesforce and resets the tap's bookmarks, so "
        "that the next sync is a full one.",
        "executable": "target-zuora360-cleanup",
        "capabilities": [each.value for each in TargetZuora360Cleanup.capabilities],
    }
    utility = {
        "name": "zuora360",
        "namespace": "zuora360",
        "label": "Zuora 360 Sync Cleanup without a tap",
        "description": "Plan, cleanup, reset and status beside any loader: the bookmarks of the "
        "paired state ids are reset through Meltano's state backend.",
        "executable": "zuora360",
        "commands": {
            name: {"args": f"{name} --config=ENV", "description": command.help}
            for name, command in sorted(main.commands.items())
        },
    }
    return {f"{each['name']}.yml": {**each, **shared} for each in (loader, utility)}


def as_yaml(content: dict[str, Any]) -> str:
    """A definition as the file holds it."""
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)
