"""The composition root: application, worker, command line, and what reacts to which event."""
