"""How the platform stands, for programs and for people."""
