"""What a file is, told by its content: its name and its sender prove nothing.

Pictures are drawn anew, so that neither the place where they were taken nor anything
hidden behind them is kept. Everything here may take a while; call it off the event loop.
"""

import io
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageOps

from helpdesk.desk.errors import BadFileError, TooLargeError
from helpdesk.desk.pdf_files import check_pdf

LARGEST_FILE_BYTES: Final = 5 * 1024 * 1024
PDF: Final = "application/pdf"
# What begins a file, and what it is then held to be.
SIGNATURES: Final = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
    b"%PDF-": PDF,
}
EXTENSIONS: Final = {
    "image/png": ("png",),
    "image/jpeg": ("jpg", "jpeg"),
    "image/gif": ("gif",),
    "image/webp": ("webp",),
    PDF: ("pdf",),
}
# A few bytes can describe a picture that fills the memory. A photo has half of this.
MOST_PIXELS: Final = 25_000_000
LONGEST_SIDE: Final = 4_096
JPEG_QUALITY: Final = 88
NOT_OURS = "Only pictures (PNG, JPEG, GIF, WebP) and PDF files can be attached."
BROKEN = "This picture is damaged and cannot be opened."
TOO_MANY_PIXELS = "This picture has too many pixels; please make it smaller."
TOO_LARGE = "A file can have at most 5 MB."


@dataclass(frozen=True)
class CheckedFile:
    """A file that is what it says, as it is kept."""

    media_type: str
    content: bytes
    width: int | None = None
    height: int | None = None


def check_file(content: bytes) -> CheckedFile:
    """Return what a file is and what of it is kept.

    Raises:
        BadFileError: It is of no type that can be attached, or it is damaged.
        TooLargeError: It has too many bytes.
    """
    if len(content) > LARGEST_FILE_BYTES:
        raise TooLargeError(TOO_LARGE)
    media_type = _type_of(content)
    if media_type == PDF:
        check_pdf(content)
        return CheckedFile(PDF, content)
    try:
        return _redraw(content, media_type)
    except (BadFileError, TooLargeError):
        raise
    except Exception as error:  # decoders stumble over rubbish in many ways
        raise BadFileError(BROKEN) from error


def _type_of(content: bytes) -> str:
    for signature, media_type in SIGNATURES.items():
        if content.startswith(signature):
            return media_type
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    raise BadFileError(NOT_OURS)


def _redraw(content: bytes, media_type: str) -> CheckedFile:
    """Decode a picture and encode its pixels; an animation becomes its first picture."""
    kind = media_type.removeprefix("image/").upper()
    with Image.open(io.BytesIO(content), formats=(kind,)) as opened:
        if opened.width * opened.height > MOST_PIXELS:
            raise BadFileError(TOO_MANY_PIXELS)
        opened.load()
        upright = ImageOps.exif_transpose(opened)
        drawn = upright.convert(_mode_for(upright, kind))
    drawn.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    drawn.info.clear()  # comments, colour profiles, whatever else was written there
    drawn.getexif().clear()
    kept = io.BytesIO()
    drawn.save(kept, kind, quality=JPEG_QUALITY)
    if kept.tell() > LARGEST_FILE_BYTES:
        raise TooLargeError(TOO_LARGE)
    return CheckedFile(media_type, kept.getvalue(), drawn.width, drawn.height)


def _mode_for(image: Image.Image, kind: str) -> str:
    if kind == "JPEG" or not image.has_transparency_data:
        return "L" if image.mode in {"1", "L"} else "RGB"
    return "RGBA"
