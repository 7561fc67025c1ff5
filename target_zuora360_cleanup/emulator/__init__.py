"""A local Salesforce org with Zuora 360 data, and the Zuora behind it, for tests and the demo.

It stands apart: it imports nothing of the plugin, and the plugin nothing of it, so that one can
contradict the other. Its rooms, each of which imports only those before it: `wire`, `schema`,
`soql`, `org`, then `zuora` and `generate`, `faults`, `resources`, `server`.
"""
