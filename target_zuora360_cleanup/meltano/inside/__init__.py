"""Scripts that run in Meltano's own Python, started by path; the plugin imports nothing of them.

They have a folder to themselves, since Python looks for modules beside a script first, where
another `meltano` would be found.
"""
