"""What workers do beside the tasks: bring back releases that are due or forgotten."""
