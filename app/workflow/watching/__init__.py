"""What the people who run the processes look at: cases by version, heat on the diagram, causes, queues."""
