"""How everything over HTTP is served."""
