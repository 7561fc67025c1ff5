"""What the org and the Zuora behind it know of their objects and fields, and where rows are kept.

The facts are tables in `data`, held by tests against metadata of real orgs. What happens to rows is
left to `org`.
"""
