"""A lean XMP packet: who made it, what it shows, whose it is, how it came to be; every other property goes.

Format: XMP specification part 1 (ISO 16684-1); properties of IPTC Photo Metadata 2023.1.
"""

from __future__ import annotations

from typing import Any

from lxml import etree

from rongmei.channels.originals.parts import is_ai_label

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_DC = "http://purl.org/dc/elements/1.1/"
_PHOTOSHOP = "http://ns.adobe.com/photoshop/1.0/"
_RIGHTS = "http://ns.adobe.com/xap/1.0/rights/"
_EXTENSION = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_TIFF = "http://ns.adobe.com/tiff/1.0/"
_ALLOWED = frozenset(
    [f"{{{_DC}}}{name}" for name in ("creator", "title", "description", "rights", "subject")]
    + [
        f"{{{_PHOTOSHOP}}}{name}"
        for name in (
            *("Credit", "Source", "Headline", "Instructions", "CaptionWriter", "AuthorsPosition", "DateCreated"),
            *("City", "State", "Country"),
        )
    ]
    + [f"{{{_RIGHTS}}}{name}" for name in ("Marked", "UsageTerms", "WebStatement")]
    + [f"{{{_EXTENSION}}}DigitalSourceType", f"{{{_TIFF}}}Orientation"]
)
_BEGIN = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'.encode()
_END = b'\n<?xpacket end="w"?>'
_MOST = 1024 * 1024


def lean_xmp(data: bytes) -> bytes:
    """The packet with the allowed properties; b"" where none is left or it cannot be read."""
    root = _parsed(data)
    if root is None:
        return b""
    made = etree.Element(f"{{{_RDF}}}RDF", nsmap={"rdf": _RDF})
    kept = 0
    for described in root.iter(f"{{{_RDF}}}Description"):
        parent = described.getparent()
        if parent is not None and parent.tag == f"{{{_RDF}}}RDF":
            kept += _take_over(described, made)
    if not kept:
        return b""
    etree.cleanup_namespaces(made, keep_ns_prefixes=["rdf"])
    body: bytes = etree.tostring(made, encoding="utf-8")
    return _BEGIN + b'<x:xmpmeta xmlns:x="adobe:ns:meta/">' + body + b"</x:xmpmeta>" + _END


def _parsed(data: bytes) -> Any:
    """The packet's root; None for what is none, or too large, or wants to define words of its own."""
    if len(data) > _MOST:
        return None
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        root = etree.fromstring(data.strip(b"\0 \t\r\n"), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    return None if root.getroottree().docinfo.doctype else root


def _take_over(described: Any, made: Any) -> int:
    """Copy the allowed properties of a description; how many they were."""
    target = etree.SubElement(made, f"{{{_RDF}}}Description", {f"{{{_RDF}}}about": ""}, nsmap=described.nsmap)
    kept = 0
    for name, value in described.attrib.items():
        if _may_stay(name, value.encode("utf-8", "replace")):
            target.set(name, value)
            kept += 1
    for child in described.findall("*"):
        if _may_stay(child.tag, etree.tostring(child, encoding="utf-8")):
            child.tail = None
            target.append(child)
            kept += 1
    return kept


def _may_stay(name: str, value: bytes) -> bool:
    """Only plain values: an AI label among the properties of a place does not save the place."""
    return name in _ALLOWED or ("AIGC" in name and is_ai_label(name.encode() + value))
