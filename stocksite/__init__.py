"""The project: settings, addresses, the WSGI application."""
