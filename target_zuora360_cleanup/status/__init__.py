"""What there is now, for the command `status`: looked at and told, with nothing changed.

The org's rows, the last cleanup in the output folder, jobs left on the server, and what each paired
pipeline's next sync will be. Nothing is weighed here: that is for `plan`.
"""
