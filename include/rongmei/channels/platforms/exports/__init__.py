"""Exports: stories as files for print, broadcast, upper-level platforms and partners, in three forms.

`ninjs` (ninjs 3.1) and `newsml` (NewsML-G2) are wire copy; `rundown` is the script for radio and television. Where a
file goes, the connection's address says: `file:///folder`, `sftp://host[:port]/folder` or an `http(s)://` endpoint; the
fields for each are told in delivery/folder, delivery/sftp and delivery/http. Further fields, all optional:

* `package`: `zip` sends document and media as one file; `folder`, the default where files can lie side by side, lays
  the media into `media/` first and the document last;
* `media_url`: where the receiver sees the files of `media/`, when that is not the address they were delivered to;
* `taken_away`: `yes` where the receiver moves files out of the folder, so that a missing one proves nothing;
* `usage_terms`: what the receiver may do with a story;
* `encoding` (`utf-8` or `gb18030`) and `per_minute` (spoken characters) of rundowns.

A delivery is named by the story, its version and its fingerprint, so the same again is the same file. A correction is
a new version under the same name of the story; a recall is a version that says `canceled`, and the receiver acts on
it. Media are delivered as they were reviewed, with all they say of themselves: print needs the originals.
"""

from rongmei.channels.platforms.exports.channel import ExportChannel
from rongmei.channels.platforms.exports.forms import NEWSML, NINJS, RUNDOWN

CHANNELS = (ExportChannel(NINJS), ExportChannel(NEWSML), ExportChannel(RUNDOWN))
