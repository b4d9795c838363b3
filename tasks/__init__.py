"""Celery and nothing else: the three steps as tasks, the tasks by name, the chain that orders them, what monitors see."""
