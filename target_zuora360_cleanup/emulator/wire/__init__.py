"""What crosses the line: calls and answers, routes, API versions, errors, and what is kept of them.

Tokens, daily allowances and counts of calls are here, since every request meets them. What a
request asks for is left to `resources`, and the HTTP itself to `server`.
"""
