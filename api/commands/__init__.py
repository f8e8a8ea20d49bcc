"""The command line, one module a capability; each command calls one function of ``surveys`` and prints."""
