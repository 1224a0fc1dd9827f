"""The library that runs diagrams, behind our rules: what it may evaluate and call, and its state as bytes."""
