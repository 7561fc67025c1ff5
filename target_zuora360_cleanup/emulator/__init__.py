"""A local Salesforce org that holds Zuora 360 data, for tests and the demo."""
