"""What every object of an environment has to satisfy.

A rule is data with a plain function (`rule.py`); it looks at one object (`objects.py`), and through
it at all others. Each file beside these holds the rules of one subject; `catalog.py` lists all.
"""
