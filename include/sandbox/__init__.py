"""A stand-in for the publishing platforms that speaks their wire protocols over HTTP.

It knows nothing of the newsroom: it imports neither ``rongmei`` nor ``airflow``, so whatever reaches it has really been
through a client. Each platform is one module in ``sandbox.platforms``; they share a store, a clock, an audience and
the faults that can be ordered from it. Start it with ``python -m sandbox --port 8600 --state DIR``.
"""
