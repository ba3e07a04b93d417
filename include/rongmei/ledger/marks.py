"""Marks that one stage leaves in the ledger's JSON fields for another to read."""

from __future__ import annotations

GAVE_WAY = "gave_way"
"""In the detail of a publication's cancellation: it made room for a newer version of its story."""
CORRECTS = "corrects"
"""In a publication's progress: the id of the one whose correction note it is; readers' figures of it score nothing."""
