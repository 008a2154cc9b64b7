"""Decompresses request bodies piece by piece, and stops as soon as they exceed the limit.

A few kilobytes can decompress to gigabytes. So at most the limit plus one small piece is ever decompressed,
regardless of the size the sender announces.
"""

import zlib
from typing import Protocol

import zstandard

from holdfast.runtime.errors import TooLarge
from holdfast.telemetry.errors import BadBody, MediaTypeRefused

ENCODINGS = ("identity", "gzip", "zstd")
_PIECE_BYTES = 1024 * 1024
_ZSTD_WINDOW_BYTES = 8 * 1024 * 1024
"""Largest zstd window accepted: RFC 8878 asks decoders for at least 8 MiB, and it is allocated at once."""
_ZSTD_MOST_PER_BYTE = 128 * 1024 // 4
_MOST_PARTS = 1000
"""Most gzip members or zstd frames in one body: each costs set-up time, and senders write one."""


class Unpacker(Protocol):
    """Takes a body as it arrives; raises `TooLarge` or `BadBody` as soon as it is clear."""

    @property
    def size_bytes(self) -> int:
        """How many bytes have been decompressed so far."""
        ...

    def feed(self, piece: bytes) -> None:
        """Take the next piece as received."""
        ...

    def finish(self) -> bytes:
        """Return the whole body, decompressed."""
        ...


def unpacker(encoding: str, limit_bytes: int) -> Unpacker:
    """Return the unpacker for a `Content-Encoding`; raise `MediaTypeRefused` if there is none."""
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return _Plain(limit_bytes)
    if name == "gzip":
        return _Gzip(limit_bytes)
    if name == "zstd":
        return _Zstd(limit_bytes)
    raise MediaTypeRefused(
        f"content encoding {encoding[:80]!r} is not supported; send one of {', '.join(ENCODINGS)}",
        value=encoding[:80],
        rule="content-encoding is identity, gzip or zstd",
    )


def too_large(size_bytes: int, limit_bytes: int) -> TooLarge:
    """Return the refusal of a body of at least `size_bytes`."""
    return TooLarge(
        f"the body has {size_bytes} bytes or more after decompression; at most {limit_bytes} are accepted: "
        "send smaller batches",
        value=str(size_bytes),
        rule=f"at most {limit_bytes} bytes after decompression",
    )


class _Plain:
    """An uncompressed body; the base class of the decompressing ones."""

    def __init__(self, limit_bytes: int) -> None:
        self.size_bytes = 0
        self._limit_bytes = limit_bytes
        self._pieces: list[bytes] = []

    def feed(self, piece: bytes) -> None:
        self._add(piece)

    def finish(self) -> bytes:
        # A body of one piece is returned without a copy.
        return self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)

    def _add(self, piece: bytes) -> None:
        self.size_bytes += len(piece)
        if self.size_bytes > self._limit_bytes:
            self._pieces.clear()
            raise too_large(self.size_bytes, self._limit_bytes)
        if piece:
            self._pieces.append(piece)


class _Gzip(_Plain):
    """Gzip with one or several members (RFC 1952); the size in its trailer is ignored."""

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(limit_bytes)
        self._member = _gzip_member()
        self._is_started = False
        self._parts = 1

    def feed(self, piece: bytes) -> None:
        while piece:
            self._is_started = True
            if self._member.eof:
                self._parts = _one_more("gzip", self._parts)
                self._member = _gzip_member()
            self._add(self._inflate(piece))
            piece = self._member.unconsumed_tail or self._member.unused_data

    def finish(self) -> bytes:
        if not self._member.eof:
            reason = "it is truncated" if self._is_started else "it is empty"
            raise _broken("gzip", reason)
        return super().finish()

    def _inflate(self, piece: bytes) -> bytes:
        try:
            return self._member.decompress(piece, _PIECE_BYTES)
        except zlib.error as error:
            raise _broken("gzip", str(error)) from error


def _gzip_member() -> "zlib._Decompress":
    return zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)


class _Zstd(_Plain):
    """Zstandard with one or several frames (RFC 8878).

    The library decompresses its whole input in one call, so it is fed in slices: a block of at least 4 bytes
    decompresses to at most 128 KiB, so the bytes left within the limit bound the slice.
    """

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(limit_bytes)
        self._decompressor = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW_BYTES)
        self._frame = self._decompressor.decompressobj()
        self._is_started = False
        self._parts = 1

    def feed(self, piece: bytes) -> None:
        while piece:
            self._is_started = True
            if self._frame.eof:
                self._parts = _one_more("zstd", self._parts)
                self._frame = self._decompressor.decompressobj()
            left_bytes = self._limit_bytes - self.size_bytes
            end = max(64, left_bytes // _ZSTD_MOST_PER_BYTE)
            self._add(self._inflate(piece[:end]))
            piece = self._frame.unused_data + piece[end:]

    def finish(self) -> bytes:
        if not self._frame.eof:
            reason = "it is truncated" if self._is_started else "it is empty"
            raise _broken("zstd", reason)
        return super().finish()

    def _inflate(self, piece: bytes) -> bytes:
        try:
            return self._frame.decompress(piece)
        except zstandard.ZstdError as error:
            raise _broken("zstd", str(error)) from error


def _one_more(encoding: str, parts: int) -> int:
    if parts == _MOST_PARTS:
        raise _broken(encoding, f"it consists of more than {_MOST_PARTS} parts")
    return parts + 1


def _broken(encoding: str, reason: str) -> BadBody:
    return BadBody(
        f"the body is not valid {encoding}: {reason}",
        value=encoding,
        rule=f"content-encoding {encoding} names how the body is compressed",
    )
