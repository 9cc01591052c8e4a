"""Templates of pages: what all of them have in common."""

from jinja2 import Environment, PackageLoader, StrictUndefined


def page_templates(package: str, folder: str) -> Environment:
    """Return the templates in a package's folder.

    Whatever they are given is escaped, and a name that nobody gave is an error.
    """
    return Environment(
        loader=PackageLoader(package, folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
