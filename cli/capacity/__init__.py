"""How much the product carries, for how long, and what it would take to carry more."""
