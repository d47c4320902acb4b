"""Methods with something done before or after them."""

import functools

from .tape import TAPE


def before(owner, name, hook):
    original = getattr(owner, name, None)
    if original is None:
        return

    @functools.wraps(original)
    def method(self, *args, **kwargs):
        hook(self, *args)
        return original(self, *args, **kwargs)

    setattr(owner, name, method)


def after(owner, name, is_async, hook):
    original = getattr(owner, name)
    if is_async:

        @functools.wraps(original)
        async def method(self, *args, **kwargs):
            answer = await original(self, *args, **kwargs)
            hook(self, *args, **kwargs)
            return answer

    else:

        @functools.wraps(original)
        def method(self, *args, **kwargs):
            answer = original(self, *args, **kwargs)
            hook(self, *args, **kwargs)
            return answer

    setattr(owner, name, method)


def ending(base):
    """A connection's class that tells where its transactions end."""

    class Ending(base):
        def commit(self):
            super().commit()
            TAPE.event("commit")

        def rollback(self):
            super().rollback()
            TAPE.event("rollback")

    return Ending


def noticing(base):
    """A cursor's class that tells when rows are looked at."""

    class Noticing(base):
        def fetchone(self):
            TAPE.fetched(self)
            return super().fetchone()

        def fetchmany(self, *args, **kwargs):
            TAPE.fetched(self)
            return super().fetchmany(*args, **kwargs)

        def fetchall(self):
            TAPE.fetched(self)
            return super().fetchall()

        def __next__(self):
            TAPE.fetched(self)
            return super().__next__()

    return Noticing
