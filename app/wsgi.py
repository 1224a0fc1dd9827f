"""The application as a web server loads it: ``gunicorn app.wsgi:app``."""

from flask.cli import NoAppException

from app import create_app
from app.config import SettingError

try:
    app = create_app()
except SettingError as error:
    raise NoAppException(str(error)) from None  # a command says the sentence alone
