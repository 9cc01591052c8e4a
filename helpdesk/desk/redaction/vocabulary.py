"""The words that tell secrets from ordinary talk, in the languages people mix in."""

import re
from pathlib import Path

# How people write “password”, right and wrong, and its sisters in other languages.
LABELS = (
    r"p+a+s{1,3}[- ]?w(?:or|ro|r|o|oo|er)?r?d+[es]?s?|pas+[- ]?wort(?:e|es)?|pas+w[ou]rt|pswd|"
    r"ps+w(?:r?d)?|p/w|passwo?|pass[- ]?phrase|pass[- ]?code|pwd?s?|pass|pin|kennwort|"
    r"mots? de passe|mdp|contrase(?:ñ|ñ|n|ni)a|clave|wachtwoord|senha|palavra-passe|"
    r"has[łl]o|heslo|parola|jelsz[óo]|lösenord|losenord|adgangskode|пароль|şifre|sifre"
)
# How people write “code”, and “PIN”.
CODE = (
    r"(?:codes?|pin|bestätigungscode|sicherheitscode|einmalcode|anmeldecode|zugangscode|"
    r"c[óo]digos?|codici|codice|k[oó]dy?|kode|koodi|код)"
)
# Codes that are no one-time codes; those of doors belong to what support talks about.
OTHER_CODES = (
    "error err fault door doors gate garage entry entrance keypad master house building lock "
    "room flat zip post postal country area dial dialling phone promo discount voucher coupon "
    "gift qr bar status exit http https response result return product article order source "
    "dress tax sort swift bic booking reservation customer invoice model color colour cheat "
    "morse penal class fehler tür postleit guest's visitor alarm"
)
# What has letters and digits too, as a pattern: who is asking, with what, about which order.
OTHER_THINGS = (
    r"(?:user\w*|log-?in|account|nick\w*|handle|profile?|gamertag|skype|insta\w*|member\w*|"
    r"benutzer\w*|konto|kunden?\w*|utilisateur|identifiant|compte|client|pseudo|usuario|cuenta|"
    r"cliente|utente|nome|gebruiker\w*|utilizador|usu[áa]rio|conta|u[żz]ytkownik\w*|konta|"
    r"id|name[ds]?|i am|i['’]?m|ich bin|je suis|soy|called|order\w*|ticket\w*|"
    r"ref|reference|case|"
    r"invoice|bestell\w*|auftrag\w*|rechnung\w*|vorgang\w*|commande|facture|pedido|factura|ordine|"
    r"fattura|zam[óo]wieni\w*|booking|reservation|tracking|parcel|voucher|coupon|promo|plan|product|"
    r"article|sku|error|err|fehler\w*|erreur|errore|b[łl][ąa]d|codes?|model\w*|device|version|build|"
    r"firmware|release|update|room|zimmer|flat|apartment|flight|serial|imei|server|host\w*|machine|galaxy|"
    r"printer|router|ssid|network|customer|licen[cs]e|plate)"
)
# What follows “my password is” and is not it. Endings do the rest, see `is_ordinary`.
_LINES = Path(__file__).with_name("ordinary.txt").read_text("utf-8").splitlines()
ORDINARY = frozenset(
    word for line in _LINES if not line.startswith("#") for word in line.split()
)
_PARTS = re.split(
    r"^\[(.+)\]$",
    Path(__file__).with_name("talk.txt").read_text("utf-8"),
    flags=re.MULTILINE,
)
_TALK = {
    name: frozenset(
        word.replace("_", " ")
        for line in part.splitlines()
        if not line.startswith("#")
        for word in line.split()
    )
    for name, part in zip(_PARTS[1::2], _PARTS[2::2], strict=True)
}
# Endings of ordinary words; and who says “password: Passwort” has not said it.
_NO_PASSWORD = re.compile(
    rf"{LABELS}|"
    r"\w{2,}(?:ed|ing|able|ible|ally|ly|n['’]?t|tion|ness|less)|\w+['’](?:s|t|re|ll|ve|d|m)",
    re.IGNORECASE,
)


def one_of(*words: str) -> str:
    """Return a pattern for any of the words, which may come several in a string."""
    every = " ".join(words).split()
    return "(?:" + "|".join(map(re.escape, sorted(every, key=len, reverse=True))) + ")"


def talk(part: str) -> frozenset[str]:
    """Return the words that play a part around a secret, from `talk.txt`."""
    return _TALK[part]


def is_ordinary(word: str) -> bool:
    """Tell whether a word without digits says something about a password."""
    core = word.casefold().strip(".,;:!?…()[]{}\"'“”„«»‘’*_-")
    return not core or core in ORDINARY or bool(_NO_PASSWORD.fullmatch(core))


def is_talk(phrase: str) -> bool:
    """Tell whether most of the words of a phrase are ordinary."""
    words = phrase.split()
    return 2 * sum(map(is_ordinary, words)) > len(words)
