"""How fast orders come in from simulated marketplaces."""
