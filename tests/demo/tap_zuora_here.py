#!/usr/bin/env python
"""tap-zuora itself, led to ``ZUORA_URL``: it has no setting for its host, and polls slowly.

Meltano puts the plugin's environment in front of PATH, so that this is run by its Python.
"""

import os

import tap_zuora
import tap_zuora.client
import tap_zuora.sync

URL = os.environ.get("ZUORA_URL", "http://127.0.0.1:8360").rstrip("/") + "/"
tap_zuora.client.URLS = {key: [URL] for key in tap_zuora.client.URLS}
tap_zuora.sync.DEFAULT_POLL_INTERVAL = 1
if __name__ == "__main__":
    tap_zuora.main()
