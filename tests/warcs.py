"""Build WARC files as other tools write them."""

import base64
import hashlib
import zlib

DATE = "2023-10-20T17:05:12Z"


def digest(content: bytes) -> str:
    return "sha1:" + base64.b32encode(hashlib.sha1(content).digest()).decode()


def record(
    block: bytes, kind: str = "response", url: str = "https://site.test/page/", version: str = "1.1", **fields: str
) -> bytes:
    """One record; ``fields`` by their names in lower case with underscores, an empty one is left out."""
    header = {
        "WARC-Type": kind,
        "WARC-Record-ID": f"<urn:uuid:00000000-0000-4000-8000-{zlib.crc32(block + url.encode()):012d}>",
        "WARC-Target-URI": url,
        "WARC-Date": DATE,
        "Content-Type": "application/http; msgtype=response",
        "Content-Length": str(len(block)),
    }
    known = {name.lower(): name for name in header}
    for name, value in fields.items():
        dashed = name.replace("_", "-")
        header[known.get(dashed, dashed)] = value
    lines = [f"WARC/{version}", *(f"{name}: {value}" for name, value in header.items() if value)]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + block + b"\r\n\r\n"


def http(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, "", ""]).encode() + body


def packed(content: bytes) -> bytes:
    return zlib.compress(content, wbits=31)


def raw_deflate(content: bytes) -> bytes:
    return zlib.compress(content, wbits=-15)


def chunked(*chunks: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + end
