"""A small real IMAP server: one mailbox in memory, as much of RFC 3501 as is asked for."""

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

PASSWORD = "secret pass@word"  # as URLs must quote it
STORE = re.compile(r"STORE (\d+) \+FLAGS \((.*)\)", re.IGNORECASE)


@dataclass
class KeptMail:
    """One mail and its flags."""

    content: bytes
    flags: set[str] = field(default_factory=set)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    mailbox: "MailboxServer"


@dataclass
class MailboxServer:
    """The mails by uid, and what clients said."""

    mails: dict[int, KeptMail] = field(default_factory=dict)
    port: int = 0
    heard: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"imap://answers:secret%20pass%40word@127.0.0.1:{self.port}/INBOX"

    def put(self, content: bytes) -> int:
        """Deliver a mail and return its uid."""
        uid = len(self.mails) + 1
        self.mails[uid] = KeptMail(
            content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        )
        return uid

    def flags(self, uid: int) -> set[str]:
        return {flag.strip("\\").lower() for flag in self.mails[uid].flags}


class _Session(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        self._say("* OK ready")
        for line in self.rfile:
            tag, _, command = line.decode().strip().partition(" ")
            self.server.mailbox.heard.append(command)
            answer = self._answer(command)
            self._say(f"{tag} {answer}")
            if command.upper() == "LOGOUT":
                return

    def _answer(self, command: str) -> str:
        verb = command.upper().split(" ")[0]
        if verb == "CAPABILITY":
            self._say("* CAPABILITY IMAP4rev1")
        elif verb == "LOGIN":
            return "OK done" if f'"{PASSWORD}"' in command else "NO wrong password"
        elif verb == "SELECT":
            self._say(f"* {len(self.server.mailbox.mails)} EXISTS")
            return "OK [READ-WRITE] done"
        elif verb == "LOGOUT":
            self._say("* BYE")
        elif verb == "UID":
            self._uid(command.partition(" ")[2])
        return "OK done"

    def _uid(self, command: str) -> None:
        mails = self.server.mailbox.mails
        if command.upper().startswith("SEARCH"):
            new = [u for u, m in mails.items() if not {"\\Seen", "\\Flagged"} & m.flags]
            assert "UNSEEN" in command
            assert "UNFLAGGED" in command
            self._say("* SEARCH " + " ".join(str(uid) for uid in new))
        elif stored := STORE.match(command):
            mails[int(stored[1])].flags |= set(stored[2].split())
        else:
            uid = int(command.split(" ")[1])
            self._fetch(uid, mails[uid], is_head="[HEADER]" in command)

    def _fetch(self, uid: int, mail: KeptMail, *, is_head: bool) -> None:
        head = mail.content.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        content = head if is_head else mail.content
        part = "BODY[HEADER]" if is_head else "BODY[]"
        facts = (
            f"UID {uid} FLAGS ({' '.join(mail.flags)}) RFC822.SIZE {self._size(mail)}"
        )
        self.wfile.write(
            f"* {uid} FETCH ({facts} {part} {{{len(content)}}}\r\n".encode()
        )
        self.wfile.write(content + b")\r\n")

    def _size(self, mail: KeptMail) -> int:
        return len(mail.content)

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@contextmanager
def run_imap_server() -> Iterator[MailboxServer]:
    """Run one for the length of a test."""
    mailbox = MailboxServer()
    with _Server(("127.0.0.1", 0), _Session) as server:
        server.mailbox = mailbox
        mailbox.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=[0.05], daemon=True)
        thread.start()
        yield mailbox
        server.shutdown()
        thread.join(5)


def answer(
    letter: Any,
    text: str,
    sender: str,
    mail_id: str = "<answer-1@mail.example>",
    **more: str,
) -> bytes:
    """Return what a mail program makes of an answer to a letter."""
    to = letter["Reply-To"]
    headers = {
        "From": f"Some Body <{sender}>",
        "To": str(to),
        "Subject": f"Re: {letter['Subject']}",
        "Message-ID": mail_id,
        "In-Reply-To": str(letter["Message-ID"]),
        "References": str(letter["Message-ID"]),
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Transfer-Encoding": "8bit",
        **{name.replace("_", "-"): value for name, value in more.items()},
    }
    head = "".join(f"{name}: {value}\n" for name, value in headers.items() if value)
    return f"{head}\n{text}".encode()
