"""The composition root: `celery -A worker worker` finds the app here."""

from __future__ import annotations

from config.loading import load_settings
from worker.app import create_app

app = create_app(load_settings())
