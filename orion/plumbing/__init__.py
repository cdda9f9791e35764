"""Everything that is not commerce: settings, databases, jobs, events, HTTP, limits, logs.

Import its modules by name.
"""
