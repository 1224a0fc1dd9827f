"""Running instances: one step at a time, the rows that follow from it, messages, timers, failures, repairs."""
