"""Measurements, and the feeds they are made with."""
