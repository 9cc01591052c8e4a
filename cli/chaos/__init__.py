"""The chaos run: everything breaks, at random but by a seed, and people's side is counted."""
