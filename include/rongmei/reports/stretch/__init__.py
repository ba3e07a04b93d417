"""What happened in a stretch of days, read from the ledger: figures, work, troubles, hot boards, scores."""
