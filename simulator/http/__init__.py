"""How the simulator takes requests and writes answers."""
