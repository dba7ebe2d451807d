"""The studio: a local page over `Groove`, and the HTTP API that it talks to. It makes no music of its own.

Needs the extra `studio`. Words of requests name genres of the model and files that were uploaded; they are never paths.
Most people want `groove studio`, or `app.create_app` for an ASGI application. This package itself loads nothing: the
processes that play stems import it too.
"""
