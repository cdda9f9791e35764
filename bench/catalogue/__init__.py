"""How fast products are listed, found and shown: `python -m bench.catalogue`."""
