"""What agents type after a slash: one registry, a docstring is a command's help."""
