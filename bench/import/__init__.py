"""How fast feeds come in."""
