"""What happened, for process mining tools: event logs in XES (IEEE 1849) and OCEL 2.0, written as they are read."""
