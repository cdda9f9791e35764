"""Figures over everything below: reads, never writes."""
