"""Merchants, stores, members, and who may enter which store."""
