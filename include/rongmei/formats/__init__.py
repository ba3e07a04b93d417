"""Stories as others want them: ninjs and NewsML-G2 for desks, a rundown for radio and television, RSS and Atom.

Everything here is pure: an `Article` and a few facts go in, a document comes out; no file and no network is touched.
`paper` sets text and tables on A4 pages.
"""

from rongmei.formats.parts import Agenda, Attachment, Coverage, Release

__all__ = ["Agenda", "Attachment", "Coverage", "Release"]
