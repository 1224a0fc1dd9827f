"""The application as a web server loads it: ``gunicorn app.wsgi:app``."""

from app import create_app

app = create_app()
