"""One module a trigger, each with ``UNIT``, ``DEFAULT`` and ``look``; jobs/trigger.py says what they mean."""
