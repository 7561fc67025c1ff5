"""A running emulator: an org composed with its generator and its Zuora, served over http(s).

Here are the ASGI application, the gate that every request passes, options, the command line and the
process in the background. What is answered is left to `resources`.
"""
