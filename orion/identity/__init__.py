"""Users, passwords, tokens, sessions, roles and the audit log."""
