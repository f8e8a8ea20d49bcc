"""The schema, one step a file: expand first, contract a release later."""
