"""Request bodies are unpacked whole, within the limit, or refused."""

import gzip
import tracemalloc
import zlib

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from holdfast.runtime.errors import TooLarge
from holdfast.telemetry.errors import BadBody, MediaTypeRefused
from holdfast.telemetry.intake.otlp.compression import unpacker

MIB = 1024 * 1024
PACK = {"identity": bytes, "gzip": gzip.compress, "zstd": zstandard.ZstdCompressor().compress}


def unpack(encoding: str, packed: bytes, *, limit: int = MIB, piece: int = 65_536) -> bytes:
    """Unpack a body that arrives in pieces."""
    unpacking = unpacker(encoding, limit)
    for start in range(0, len(packed), piece):
        unpacking.feed(packed[start : start + piece])
    return unpacking.finish()


def bomb(encoding: str, size_mib: int) -> bytes:
    """Return a small body that unpacks to `size_mib` of zeros."""
    if encoding == "gzip":
        packing = zlib.compressobj(9, zlib.DEFLATED, 31)
    else:
        packing = zstandard.ZstdCompressor().compressobj()
    return b"".join(packing.compress(bytes(MIB)) for _ in range(size_mib)) + packing.flush()


@given(st.sampled_from(sorted(PACK)), st.binary(max_size=3000), st.integers(1, 3000))
def test_there_and_back(encoding, body, piece):
    """A body in any pieces is decompressed to the original."""
    assert unpack(encoding, PACK[encoding](body), piece=piece) == body


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_several_parts(encoding):
    """A body of several members or frames is their unpacked contents in a row."""
    assert unpack(encoding, PACK[encoding](b"abc") + PACK[encoding](b"def"), piece=7) == b"abcdef"


@given(st.sampled_from(["gzip", "zstd"]), st.binary(min_size=1, max_size=300), st.data())
def test_truncated(encoding, body, data):
    """A packed body of which the end is missing is refused, never taken in part."""
    packed = PACK[encoding](body)
    with pytest.raises(BadBody):
        unpack(encoding, packed[: data.draw(st.integers(0, len(packed) - 1))])


@given(st.sampled_from(["gzip", "zstd"]), st.binary(max_size=300))
def test_junk(encoding, body):
    """Bytes that are not packed are refused."""
    with pytest.raises(BadBody):
        unpack(encoding, b"junk" + body)


@pytest.mark.parametrize("encoding", sorted(PACK))
def test_limit(encoding):
    """A body of exactly the limit is taken, one byte more is not."""
    assert len(unpack(encoding, PACK[encoding](bytes(MIB)))) == MIB
    with pytest.raises(TooLarge, match="send smaller batches"):
        unpack(encoding, PACK[encoding](bytes(MIB + 1)))


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_bomb(encoding):
    """A bomb of 64 MiB is stopped within little more memory than the limit."""
    packed = bomb(encoding, 64)
    tracemalloc.start()
    with pytest.raises(TooLarge):
        unpack(encoding, packed, limit=2 * MIB)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * MIB


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_many_tiny_parts(encoding):
    """A body of thousands of empty members, each of which costs set-up, is refused."""
    with pytest.raises(BadBody, match="1000 parts"):
        unpack(encoding, PACK[encoding](b"") * 2000)


def test_large_zstd_window():
    """A frame that asks for a window of 128 MiB is refused before that is allocated."""
    parameters = zstandard.ZstdCompressionParameters(window_log=27, write_content_size=False)
    packing = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    packed = packing.compress(b"x" * 100) + packing.flush()
    with pytest.raises(BadBody):
        unpack("zstd", packed)


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "snappy"])
def test_unknown_encoding(encoding):
    """An encoding nobody here reads is refused with those that are."""
    with pytest.raises(MediaTypeRefused, match="identity, gzip, zstd"):
        unpacker(encoding, MIB)
