"""What the services share: settings, logs, clock, database, serving, addresses.

Knows no table, no page and no rule of any of them, and imports none of them.
"""
