"""What a run has to say: a header and parts, gathered into `report.json`, a page and a text.

A part (`part.Part`) adds its keys to the JSON and its lines to the text; here are those of plan,
cleanup and reset, while sync and relink bring their own. The page is made of the JSON alone. What
happened, and how it ended, is decided elsewhere: parts take in frozen results and judge nothing.
"""
