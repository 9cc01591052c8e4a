"""Files as people send them, and as attackers do; made here, byte by byte."""

import io
import zlib

from PIL import Image, PngImagePlugin

HIDDEN = b"<script>alert(1)</script>"
TAKEN_AT = 0x8825  # the place, in a photo's notes
ORIENTATION = 0x0112
ON_ITS_SIDE = 6


def picture(
    kind: str = "PNG", size: tuple[int, int] = (40, 30), mode: str = "RGB"
) -> bytes:
    """Return a picture."""
    kept = io.BytesIO()
    Image.effect_mandelbrot(size, (-2, -1, 1, 1), 50).convert(mode).save(kept, kind)
    return kept.getvalue()


def photo() -> bytes:
    """Return a photo held sideways, with the place where it was taken, and a comment."""
    notes = Image.Exif()
    notes[ORIENTATION] = ON_ITS_SIDE
    notes[TAKEN_AT] = {2: (52.0, 22.0, 12.0)}
    kept = io.BytesIO()
    image = Image.effect_mandelbrot((40, 30), (-2, -1, 1, 1), 50).convert("RGB")
    image.save(kept, "JPEG", exif=notes, comment=HIDDEN)
    return kept.getvalue() + HIDDEN


def annotated() -> bytes:
    """Return a picture that says more than it shows."""
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", HIDDEN.decode())
    kept = io.BytesIO()
    Image.new("RGBA", (8, 8), (0, 0, 255, 90)).save(kept, "PNG", pnginfo=notes)
    return kept.getvalue() + HIDDEN


def bomb() -> bytes:
    """Return a small file that describes a picture of 225 million pixels."""
    kept = io.BytesIO()
    Image.new("1", (15_000, 15_000)).save(kept, "PNG")
    return kept.getvalue()


def pdf(inside: bytes = b"", packed: bytes | None = None) -> bytes:
    """Return a PDF file with something more in its catalog, or in packed objects."""
    objects = b""
    if packed is not None:
        stream = zlib.compress(packed)
        objects = b"3 0 obj <</Type /ObjStm /Filter /FlateDecode>>\nstream\n"
        objects += stream + b"\nendstream endobj\n"
    return (
        b"%PDF-1.7\n1 0 obj <</Type /Catalog /Pages 2 0 R " + inside + b">> endobj\n"
        b"2 0 obj <</Type /Pages /Kids [] /Count 0>> endobj\n" + objects + b"4 0 obj "
        b"<</Length 9>>\nstream\nq /JS /Launch Q\nendstream endobj\ntrailer "
        b"<</Root 1 0 R>>\n%%EOF\n"
    )
