"""The simulator's control side: look inside, script faults, change the world."""
