"""tap-salesforce itself, led to `SALESFORCE_URL`: it knows the login servers' addresses only."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

import requests

URL = os.environ["SALESFORCE_URL"]
_SEND = requests.Session.send


def _send(
    session: requests.Session, request: requests.PreparedRequest, **options: Any
) -> requests.Response:
    parts = urlsplit(str(request.url))
    if str(parts.hostname).endswith("salesforce.com"):
        request.url = f"{URL}{parts.path}" + (f"?{parts.query}" if parts.query else "")
    return _SEND(session, request, **options)


setattr(requests.Session, "send", _send)  # noqa: B010 - its own method has another form
if __name__ == "__main__":
    sys.exit(import_module("tap_salesforce").main())
