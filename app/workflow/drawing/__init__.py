"""Diagrams as files: safely read, checked against the whitelist, rewritten for the library, laid out, labelled."""
