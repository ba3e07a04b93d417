"""Pure readers that turn outside material (workbooks, feeds, hot boards) into raw pitches; none knows the ledger."""
