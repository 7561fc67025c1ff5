"""A script that runs in Meltano's own Python, started by path; the plugin imports nothing of it.

It has a folder to itself, since Python looks for modules beside a script first, where another
`meltano` would be found.
"""
