"""`doctor`: looks at an installation, running or not, and says what to do.

Every check is a function that yields findings; `examination` runs all of them at once, each
for a few seconds at most. Nothing is changed, in no part.
"""
