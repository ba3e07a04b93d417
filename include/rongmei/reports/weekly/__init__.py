"""The weekly review (每周考核) of a cluster, and each outlet's own part of it."""
