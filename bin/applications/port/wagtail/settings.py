"""Settings of the project, beside those that `wagtail start` wrote: the database, and what else Wagtail comes with."""

import os

from .base import INSTALLED_APPS

ENGINE, REST = os.environ["APP_DATABASE"].split(":", 1)
if ENGINE == "sqlite":
    DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": REST}}
else:
    USER, PLACE = REST.removeprefix("//").split("@")
    HOST, NAME = PLACE.split("/")
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "USER": USER,
            "HOST": HOST.split(":")[0],
            "PORT": HOST.split(":")[1],
            "NAME": NAME,
        }
    }
INSTALLED_APPS = [
    "wagtail.contrib.search_promotions",
    "wagtail.contrib.simple_translation",
    "wagtail.locales",
    *INSTALLED_APPS,
]
WAGTAIL_I18N_ENABLED = True
WAGTAIL_CONTENT_LANGUAGES = LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("fr", "Français")]
WAGTAILAPI_LIMIT_MAX = 1000
LOGGING = {"version": 1, "disable_existing_loggers": False}
