"""A certificate for the loopback addresses, from a certificate authority made for this start."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["make_tls"]

_NAMES = ("localhost", "127.0.0.1", "::1")


def make_tls(ca_file: Path) -> ssl.SSLContext:
    """A server's TLS context; the authority's certificate is written to ``ca_file``."""
    import trustme

    authority = trustme.CA()
    ca_file.parent.mkdir(parents=True, exist_ok=True)
    authority.cert_pem.write_to_path(ca_file)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*_NAMES).configure_cert(context)
    return context
