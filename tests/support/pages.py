"""Compiles the pages' templates when it is imported, so that each fork has that behind it."""

from __future__ import annotations

from target_zuora360_cleanup.report.html import environment

for name in environment().list_templates():
    environment().get_template(name)
