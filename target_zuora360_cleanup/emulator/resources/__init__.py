"""What answers a path: handlers with their routes, and the service that they work on.

A handler takes the `Service` and a `Call` and returns an `Answer`; `routes` lists every module that
has some. Tokens, faults and the sending of answers are left to `server`.
"""
