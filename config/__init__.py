"""What the operator says: the settings, and the Celery and Flower options made from them."""
