"""What a file is, by its content; what of it is kept; what it may be called."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from helpdesk.desk import file_types
from helpdesk.desk.errors import BadFileError, TooLargeError
from helpdesk.desk.file_names import clean_name
from helpdesk.desk.file_types import LARGEST_FILE_BYTES, check_file
from tests.helpdesk import sample_files
from tests.helpdesk.sample_files import HIDDEN, annotated, bomb, pdf, photo, picture

KINDS = ("PNG", "JPEG", "GIF", "WEBP")


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mode", ["RGB", "L", "P", "1"])
def test_a_picture_is_kept_as_what_it_is(kind: str, mode: str) -> None:
    if kind in {"JPEG", "WEBP"} and mode in {"P", "1"}:
        mode = "RGB"
    file = check_file(picture(kind, mode=mode))
    assert (file.media_type, file.width, file.height) == (
        f"image/{kind.lower()}",
        40,
        30,
    )
    assert opened(file.content).format == kind
    assert opened(file.content).size == (40, 30)


def test_a_photo_keeps_neither_its_place_nor_what_hangs_behind_it() -> None:
    sent = photo()
    assert HIDDEN in sent
    assert opened(sent).getexif()
    file = check_file(sent)
    assert HIDDEN not in file.content
    assert not opened(file.content).getexif()
    assert (file.width, file.height) == (30, 40)  # upright


def test_a_picture_keeps_what_shines_through_and_loses_its_notes() -> None:
    file = check_file(annotated())
    assert HIDDEN not in file.content
    shown = opened(file.content)
    assert shown.info == {}
    assert shown.getpixel((0, 0)) == (0, 0, 255, 90)


def test_a_huge_picture_becomes_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_types, "LONGEST_SIDE", 20)
    file = check_file(picture("JPEG"))
    assert (file.width, file.height) == (20, 15)


def test_an_animation_becomes_its_first_picture() -> None:
    frames = [Image.new("RGB", (4, 4), shade) for shade in ("red", "green", "blue")]
    kept = io.BytesIO()
    frames[0].save(kept, "GIF", save_all=True, append_images=frames[1:])
    assert getattr(opened(kept.getvalue()), "n_frames", 1) == 3
    assert getattr(opened(check_file(kept.getvalue()).content), "n_frames", 1) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "Only pictures"),
        (b"<html><script>alert(1)</script>", "Only pictures"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "Only pic"),
        (b"MZ" + bytes(500), "Only pictures"),
        (b"RIFF\x00\x00\x00\x00WAVE" + bytes(50), "Only pictures"),
        (b" " + pdf(), "Only pictures"),
        (picture("BMP"), "Only pictures"),
        (picture("TIFF"), "Only pictures"),
        (b"\x89PNG\r\n\x1a\n" + HIDDEN, "damaged"),
        (b"\xff\xd8\xff" + HIDDEN, "damaged"),
        (b"GIF89a" + HIDDEN, "damaged"),
        (b"RIFF\x00\x00\x00\x00WEBP" + HIDDEN, "damaged"),
        (picture("PNG")[:-30], "damaged"),
        (picture("JPEG")[:-200], "damaged"),
    ],
)
def test_what_is_no_whole_picture_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(BadFileError, match=said):
        check_file(content)


def test_a_bomb_does_not_go_off() -> None:
    sent = bomb()
    assert len(sent) < 100_000
    with pytest.raises(BadFileError, match=r"pixels|damaged"):
        check_file(sent)


def test_a_picture_that_is_a_little_too_wide_is_told_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(file_types, "MOST_PIXELS", 40 * 30 - 1)
    with pytest.raises(BadFileError, match="too many pixels"):
        check_file(picture())


def test_too_many_bytes_are_refused_before_anything_is_read() -> None:
    with pytest.raises(TooLargeError, match="5 MB"):
        check_file(picture() + bytes(LARGEST_FILE_BYTES))


def test_a_picture_that_grows_over_the_limit_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent = picture("GIF", (60, 60))
    monkeypatch.setattr(file_types, "LARGEST_FILE_BYTES", len(sent))
    monkeypatch.setattr(Image.Image, "save", _save_much)
    with pytest.raises(TooLargeError):
        check_file(sent)


def _save_much(
    _image: Image.Image, kept: io.BytesIO, *_: object, **_options: object
) -> None:
    kept.write(bytes(LARGEST_FILE_BYTES))


def test_a_pdf_is_kept_as_it_is() -> None:
    file = check_file(pdf())
    assert (file.media_type, file.content) == ("application/pdf", pdf())
    assert file.width is file.height is None
    assert check_file(pdf(packed=b"<</Type /Page>>")).media_type == "application/pdf"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (pdf()[:-20], "damaged"),
        (b"%PDF-1.7\n", "damaged"),
        (pdf(b"/Encrypt 9 0 R"), "locked"),
        (pdf(b"/OpenAction <</S /JavaScript /JS (app.alert(1))>>"), "scripts"),
        (pdf(b"/OpenAction <</S /J#61vaScript>>"), "scripts"),
        (pdf(b"/AA <</O <</S/Launch>>>>"), "scripts"),
        (pdf(b"/Names <</EmbeddedFiles 5 0 R>>"), "scripts"),
        (pdf(packed=b"<</S /JavaScript /JS 7 0 R>>"), "scripts"),
        (pdf(packed=b"<</S /#4aS 7 0 R>>"), "scripts"),
        (pdf(packed=bytes(21 * 1024 * 1024)), "damaged"),
        (pdf(b"/Type /ObjStm >>\nstream\nno zlib\nendstream <<"), "damaged"),
    ],
)
def test_a_pdf_that_does_something_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(BadFileError, match=said):
        check_file(content)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(
    kind=st.sampled_from(KINDS),
    place=st.floats(0, 1),
    rubbish=st.binary(min_size=1, max_size=20),
)
def test_whatever_is_broken_in_a_picture_is_a_refusal_or_a_picture(
    kind: str, place: float, rubbish: bytes
) -> None:
    whole = SAMPLES[kind]
    at = int(place * len(whole))
    try:
        file = check_file(whole[:at] + rubbish + whole[at + len(rubbish) :])
    except (BadFileError, TooLargeError):
        return
    assert opened(file.content).format == kind


SAMPLES = {kind: sample_files.picture(kind) for kind in KINDS}


@pytest.mark.parametrize(
    ("given_name", "media_type", "kept"),
    [
        ("photo.JPG", "image/jpeg", "photo.JPG"),
        ("photo.jpeg", "image/jpeg", "photo.jpeg"),
        ("C:\\Users\\ana\\screen.png", "image/png", "screen.png"),
        ("../../etc/passwd", "image/png", "passwd.png"),
        ("invoice.pdf.exe", "application/pdf", "invoice.pdf.exe.pdf"),
        ("photo\u202egpj.exe", "image/png", "photogpj.exe.png"),
        ("a\r\nSet-Cookie: x.png", "image/png", "a Set-Cookie_ x.png"),
        ('a"b<c>.png', "image/png", "a_b_c_.png"),
        ("  ..  ", "image/gif", "file.gif"),
        ("", "image/webp", "file.webp"),
        (".png", "image/png", "file.png"),
        ("Straße übung.png", "image/png", "Straße übung.png"),
        ("صورة.png", "image/png", "صورة.png"),
        ("x" * 300 + ".png", "image/png", "x" * 80 + ".png"),
        ("IMG_20240503_103312.jpg", "image/jpeg", "IMG_20240503_103312.jpg"),
        (
            "my password is Hunter2!x.png",
            "image/png",
            "my password is [password removed].png",
        ),
        ("4111 1111 1111 1111.pdf", "application/pdf", "[card number removed].pdf"),
    ],
)
def test_a_name_cannot_deceive(given_name: str, media_type: str, kept: str) -> None:
    assert clean_name(given_name, media_type) == kept


@settings(max_examples=80, deadline=None, derandomize=True, database=None)
@given(st.text())
def test_whatever_a_file_is_called_the_name_can_be_shown(given_name: str) -> None:
    kept = clean_name(given_name, "application/pdf")
    assert kept.lower().endswith(".pdf")
    assert 4 < len(kept) <= 90
    assert kept.isprintable()
    assert not set(kept) & set('/\\<>:"|?*%')
