"""The rules of the help desk. Knows the store, and no web framework."""
