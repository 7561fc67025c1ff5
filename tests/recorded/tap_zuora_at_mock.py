"""tap-zuora itself, pointed at another host and told another time of day.

tap-zuora has neither a setting for its host nor one for the clock, and it writes the time into
bookmarks (``version``) and records (``time_extracted``). Variables: ``ZUORA_URL``, ``NOW``.
"""

import os

import tap_zuora
import tap_zuora.client
import tap_zuora.sync
import time_machine  # type: ignore[import-not-found] # only in record.py's own environment

tap_zuora.client.URLS = {key: [os.environ["ZUORA_URL"]] for key in tap_zuora.client.URLS}
tap_zuora.sync.DEFAULT_POLL_INTERVAL = 0
with time_machine.travel(os.environ["NOW"], tick=False):
    tap_zuora.main()
