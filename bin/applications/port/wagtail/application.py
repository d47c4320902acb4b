"""Wagtail: a project that `wagtail start` made, filled through its admin (and Django's) as an editor would."""

import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "shared"))
sys.path.append(str(pathlib.Path(__file__).resolve().parent))
import web  # noqa: E402
from editor import Editor  # noqa: E402
from reader import read_all  # noqa: E402

PROJECT = web.HOME / "project"
PYTHON = sys.executable


def manage(*arguments, **environment):
    return web.call([PYTHON, "manage.py", *arguments], environment, cwd=PROJECT)


def served():
    command = [PYTHON, "manage.py", "runserver", "--noreload", "--skip-checks", "127.0.0.1:{port}"]
    return web.Served(command, "/admin/login/", cwd=PROJECT)


def migrate():
    if not PROJECT.exists():
        PROJECT.mkdir()
        web.call([web.FOLDER / "venv" / "bin" / "wagtail", "start", "bakery", PROJECT])
        settings = pathlib.Path(__file__).with_name("settings.py").read_text()
        (PROJECT / "bakery" / "settings" / "local.py").write_text(settings)
        manage("makemigrations")
    manage("migrate", "-v", "0")
    return {"migrations": manage("showmigrations", "--plan").count("[X]")}


def check():
    manage("migrate", "--check")
    manage("makemigrations", "--check", "--dry-run")
    manage("check", "--database", "default")
    return {"migrate --check": "nothing to do"}


def fill():
    manage(
        "createsuperuser",
        "--noinput",
        DJANGO_SUPERUSER_USERNAME="chefin",
        DJANGO_SUPERUSER_EMAIL="chefin@example.com",
        DJANGO_SUPERUSER_PASSWORD="Bäckerei-42-🦖",
    )
    with served() as client:
        editor = Editor(client)
        editor.log_in("chefin", "Bäckerei-42-🦖")
        wrote = editor.everything()
        # The first look makes renditions of images, and subscribes the editor to pages.
        read_all(client, "[]")
        # What is read later is read in the same session.
        (web.HOME / "session").write_text(client.cookie("sessionid"))
        return wrote


def read():
    # What a search knows is derived from the rest; the manual asks for this after another engine was chosen.
    manage("update_index", "-v", "0")
    dump = manage("dumpdata", "-e", "wagtailsearch", "-e", "sessions", "-e", "wagtailadmin.editingsession")
    with served() as client:
        client.headers["Cookie"] = "sessionid=" + (web.HOME / "session").read_text()
        return read_all(client, dump)


def more():
    with served() as client:
        editor = Editor(client)
        editor.log_in("chefin", "Bäckerei-42-🦖")
        return editor.more()


web.main(migrate=migrate, check=check, fill=fill, read=read, more=more)
