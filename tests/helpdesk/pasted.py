"""Links as people paste them, all of the same made-up secret."""

import base64
from urllib.parse import quote

HOST = "accounts.example.com"
SECRET = "aB3dE_fGh-jK4mN0pQ7rS2tU9vW1xY5zA8bC6dE3fG7"  # made up
LINK = f"https://{HOST}/reset/{SECRET}"
ENCODED = quote(LINK, safe="")
TWICE = quote(ENCODED, safe="")
DEFENDED = (
    LINK.replace("-", "-2D").replace("_", "-5F").replace(":", "-3A").replace("/", "_")
)
BASE64 = base64.b64encode(LINK.encode()).decode()
OUTLOOK = "https://eur01.safelinks.protection.outlook.com/"
INVITE = LINK.replace("reset", "invite")

# How it is pasted, by what is to be asked about. All of them are our link.
OURS = {
    LINK: LINK,
    f"this link {LINK} says expired": LINK,
    f"({LINK}).": LINK,
    f"{LINK}!!": LINK,
    f"<{LINK}>": LINK,
    f"[Reset your password]({LINK})": LINK,
    f"_{LINK}_": LINK,
    f"*{LINK}*": LINK,
    f"“{LINK}”": LINK,
    f"look: {INVITE}, what now?": INVITE,
    f"{LINK}?utm_source=mail#top": LINK,
    LINK.upper()[:8] + LINK[8:]: LINK,
    LINK.replace("https", "http"): LINK.replace("https", "http"),
    LINK.replace("https", "hxxps"): LINK,
    LINK[8:]: LINK,
    f"it was {LINK[8:]}.": LINK,
    f"127.0.0.1:8081/reset/{SECRET}": f"https://127.0.0.1:8081/reset/{SECRET}",
    f"http://localhost:8081/reset/{SECRET}": f"http://localhost:8081/reset/{SECRET}",
    SECRET: SECRET,
    f"the end of it is {SECRET}.": SECRET,
    f"/reset/{SECRET}": f"/reset/{SECRET}",
    f"{SECRET[:20]}\n{SECRET[20:]}": SECRET,
    f"{SECRET[:20]}\n> {SECRET[20:35]}\n> {SECRET[35:]}": SECRET,
    # Broken by mail programs.
    f"{LINK[:60]}\n{LINK[60:]}": LINK,
    f"{LINK[:60]}\r\n{LINK[60:]} says expired": LINK,
    f"{LINK[:60]}=\n{LINK[60:]}": LINK,
    f"> {LINK[:60]}\n> {LINK[60:]}": LINK,
    f"{LINK[:20]}\n{LINK[20:50]}\n{LINK[50:]}\nit does not open": LINK,
    f"{LINK[:60]} {LINK[60:]} expired": LINK,
    f"{LINK[:40]}\u200b{LINK[40:]}": LINK,
    # Wrapped by mail filters.
    f"{OUTLOOK}?url={ENCODED}&data=05%7C01%7C&sdata=x&reserved=0": LINK,
    f"{OUTLOOK}?url={ENCODED}&amp;data=05%7C01%7C&amp;reserved=0": LINK,
    f"{OUTLOOK}?url={TWICE}&data=x": LINK,
    f"{OUTLOOK}?url={ENCODED[:70]}\n{ENCODED[70:]}&data=x": LINK,
    f"https://urldefense.proofpoint.com/v2/url?u={DEFENDED}&d=DwMF&c=x": LINK,
    f"https://urldefense.com/v3/__{LINK}__;!!abc!def$": LINK,
    f"https://urldefense.com/v3/__{LINK.replace('//', '/')}__;!!abc!def$": LINK,
    f"{OUTLOOK}?url={quote(f'https://urldefense.com/v3/__{LINK}__;!!x$', safe='')}": LINK,
    f"https://linkprotect.cudasvc.com/url?a={ENCODED}&c=E,1,x&typo=1": LINK,
    f"https://eu-west-1.protection.sophos.com/?d=example.com&u={BASE64}&i=x": LINK,
    f"https://secure-web.cisco.com/1abcdef/{ENCODED}": LINK,
    f"https://www.google.com/url?q={ENCODED}&sa=D": LINK,
}
# Not ours, though it wants to look like it; the secret has to go all the same.
LOOK_ALIKES = {
    f"https://{HOST}.evil.test/reset/{SECRET}": f"https://{HOST}.evil.test/reset/{SECRET}",
    f"https://{HOST}@evil.test/reset/{SECRET}": f"https://{HOST}@evil.test/reset/{SECRET}",
    f"https://evil.test//{HOST}/reset/{SECRET}": f"https://evil.test/{HOST}/reset/{SECRET}",
    f"https://evil.test/?url={ENCODED}": "https://evil.test/?url=",
    f"https://evil.test/{LINK}": "https://evil.test/",
    f"https://evil.test/go?u={BASE64}": f"https://evil.test/go?u={BASE64}",
    f"https://safelinks.protection.outlook.com.evil.test/?url={ENCODED}": (
        "https://safelinks.protection.outlook.com.evil.test/?url="
    ),
    f"{OUTLOOK}?url={quote(f'https://evil.test/reset/{SECRET}', safe='')}": (
        f"https://evil.test/reset/{SECRET}"
    ),
}
# Pages that are only mentioned.
MENTIONS = (
    "I read https://help.example.org/article/12 and it did not help me",
    "see my screenshot at https://pictures.example/abc",
    "my company is www.example.org/about",
    "I have a problem with my account, screenshot: https://pictures.example/a1b2",
    "our meeting https://calls.example/j/123?pwd=a1b2c3 begins soon",
    f"I log in at https://{HOST}/log-in every day",
)
EVERY = [*OURS, *LOOK_ALIKES]


def holds_secret(text: str) -> bool:
    """Tell whether enough of the secret is left to be of use, however it is written."""
    plain = "".join(text.split()).replace("\u200b", "").replace(">", "")
    forms = (SECRET, DEFENDED.partition("_reset_")[2], BASE64)
    return any(
        form[i : i + 12] in plain for form in forms for i in range(len(form) - 12)
    )
