"""The pages that people open to register, join, log in and get a password."""

from sanic import Blueprint

from accounts.pages.home import home
from accounts.pages.invite import invite
from accounts.pages.joining import joining
from accounts.pages.login import login
from accounts.pages.register import register

pages = Blueprint.group(home, invite, joining, login, register)

__all__ = ["pages"]
