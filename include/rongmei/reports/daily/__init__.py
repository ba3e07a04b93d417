"""The daily brief (每日简报) of a cluster."""
