"""How fast the everyday things are: a task completed, the inbox opened, a company planned. ``make bench`` prints it."""
