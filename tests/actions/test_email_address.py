"""Addresses, and slips in them."""

import pytest

from actions.email_address import (
    COMMON_DOMAINS,
    CheckedAddress,
    check_address,
    is_cut_off,
    likelier_domain,
)


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("ana@example.com", "ana@example.com"),
        (" ana@example.com ", "ana@example.com"),
        ("<ana@example.com>", "ana@example.com"),
        ('"ana@example.com"', "ana@example.com"),
        ("'ana@example.com'", "ana@example.com"),
        ("ana@example.com.", "ana@example.com"),
        (".ana@example.com", "ana@example.com"),
        ("ana@example.com,", "ana@example.com"),
        ("Ana.B@EXAMPLE.COM", "Ana.B@example.com"),
        ("o'connor@eircom.ie", "o'connor@eircom.ie"),
        ("lucas+doors@proton.me", "lucas+doors@proton.me"),
        ("0176rene@web.de", "0176rene@web.de"),
        ("x@y.org", "x@y.org"),
        ("jürgen@müller.de", "jürgen@müller.de"),
        ("ana@mail.example.co.uk", "ana@mail.example.co.uk"),
        ("dev@site.test", "dev@site.test"),
    ],
)
def test_a_good_address_is_taken_as_it_is_meant(typed: str, address: str) -> None:
    assert check_address(typed) == CheckedAddress(address)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "@",
        "ana",
        "ana@",
        "@example.com",
        "ana@example",
        "ana@example.c",
        "ana@mail.example.c",
        "<ana@example.c>",
        "ana@@example.com",
        "ana@exam ple.com",
        "ana b@example.com",
        "ana@-example.com",
        "ana@example..com",
        "ana.@example.com",
        "ana@[127.0.0.1]",
        "ana@" + "a" * 250 + ".com",
        "ana@example.com\nBcc: x",
        "ana@example.com, bo@example.com",
        "\x00@example.com",
        "ana@exa\u200bmple.com",
    ],
)
def test_what_cannot_be_an_address_is_refused(typed: str) -> None:
    assert check_address(typed) is None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("gmial.com", "gmail.com"),
        ("gmai.com", "gmail.com"),
        ("gmaill.com", "gmail.com"),
        ("gnail.com", "gmail.com"),
        ("gmail.con", "gmail.com"),
        ("gmail.cmo", "gmail.com"),
        ("gmail.comm", "gmail.com"),
        ("example.con", "example.com"),
        ("company.ocm", "company.com"),
        ("hotmial.com", "hotmail.com"),
        ("hotmail.co", "hotmail.com"),
        ("outlok.com", "outlook.com"),
        ("yaho.com", "yahoo.com"),
        ("yahooo.de", "yahoo.de"),
        ("t-onlin.de", "t-online.de"),
        ("iclod.com", "icloud.com"),
        ("mai.ru", "mail.ru"),
        ("protonmial.com", "protonmail.com"),
    ],
)
def test_a_slip_brings_the_likelier_domain(typed: str, meant: str) -> None:
    assert likelier_domain(typed) == meant


@pytest.mark.parametrize(
    "domain",
    [
        *COMMON_DOMAINS,
        "example.com",
        "company.co.uk",
        "gmx.at",
        "we.de",
        "me.co",
        "saltoks.com",
        "gmail.example.com",
        "uni-mainz.de",
    ],
)
def test_other_domains_are_left_alone(domain: str) -> None:
    assert likelier_domain(domain) is None


def test_a_suggestion_keeps_the_name_and_leaves_the_typed_address() -> None:
    checked = check_address("Ana.B@GMIAL.com")
    assert checked == CheckedAddress("Ana.B@gmial.com", "Ana.B@gmail.com")


@pytest.mark.parametrize("domain", COMMON_DOMAINS)
def test_no_suggestion_has_a_suggestion_of_its_own(domain: str) -> None:
    assert check_address(f"ana@{domain}") == CheckedAddress(f"ana@{domain}")


@pytest.mark.parametrize(
    ("typed", "cut_off"),
    [
        ("ana@example.c", True),
        (" ana@example.co.u ", True),
        ("ana@example.co", False),
        ("ana@example", False),
        ("ana@@example.c", False),
        ("ana b@example.c", False),
        ("ana@xn--mller-kva.de", False),
    ],
)
def test_an_address_that_ends_too_early_is_recognised(
    typed: str, cut_off: bool
) -> None:
    assert is_cut_off(typed) is cut_off
