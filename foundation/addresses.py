"""E-mail addresses: how they are checked, compared and shown where others may look."""

import re

from email_validator import EmailNotValidError, validate_email

LONGEST_ADDRESS = 254
AT_END = re.compile(r"[.!?…*_`]+$")  # what a sentence puts behind an address
ANY_ADDRESS = re.compile(r"[^\s@<>\"'(),;:=/\\]+@[^\s@<>\"'(),;:/\\]+")


class AddressError(ValueError):
    """The text is not an e-mail address that mail could be sent to."""


def normalise_address(text: str) -> str:
    """Return the one form in which an address is stored and compared.

    Both sides of the @ are compared without regard to case, as every large mail
    provider does; an internationalised domain is kept in its ASCII form.

    Raises:
        AddressError: The text is not an address.
    """
    if len(text) > LONGEST_ADDRESS * 2:
        raise AddressError("The address is too long.")
    try:
        # A company may use .test inside; syntax is ours to check, reachability is not.
        checked = validate_email(
            text.strip(),
            check_deliverability=False,
            allow_smtputf8=False,
            test_environment=True,
        )
    except EmailNotValidError as error:
        raise AddressError("This is not an e-mail address.") from error
    return (checked.ascii_email or checked.normalized).lower()


def mask_address(address: str) -> str:
    """Return the address as logs may show it: `a•••@example.com`."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}•••@{domain}"


def mask_addresses(text: str) -> str:
    """Mask every address inside a text."""
    return ANY_ADDRESS.sub(lambda found: mask_address(found.group()), text)


def addresses_in(text: str) -> list[str]:
    """Return the addresses that stand in a text, in order, in their one form."""
    found = []
    for typed in ANY_ADDRESS.findall(text):
        try:
            found.append(normalise_address(AT_END.sub("", typed)))
        except AddressError:
            continue
    return found
