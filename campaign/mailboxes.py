"""Which spellings of an address reach one mailbox, by what the large providers say.

For counting only. A rule that is wrong makes two people share a cap; nobody is mailed, known or
left alone by it: for that the exact address counts (campaign.tokens.address_key).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """`domains` are one, and the first stands for all; without `same`, each stands for itself."""

    domains: tuple[str, ...]
    same: bool = True
    #: Characters of the local part that say nothing.
    ignored: str = ""
    #: The first of each pair is read as the second.
    alike: tuple[tuple[str, str], ...] = ()
    #: Whether anything@ada.example reaches ada@example.
    below: bool = False


YANDEX = """
    yandex.ru ya.ru narod.ru yandex.com yandex.by yandex.kz yandex.ua yandex.az yandex.co.il
    yandex.com.am yandex.com.ge yandex.com.tr yandex.ee yandex.fr yandex.kg yandex.lt yandex.lv
    yandex.md yandex.tj yandex.tm yandex.uz
"""
FASTMAIL = """
    fastmail.com fastmail.fm fastmail.cn fastmail.co.uk fastmail.com.au fastmail.de fastmail.es
    fastmail.fr fastmail.im fastmail.in fastmail.jp fastmail.mx fastmail.net fastmail.nl
    fastmail.org fastmail.se fastmail.to fastmail.tw fastmail.uk fastmail.us sent.com
"""

RULES = [
    # Dots: support.google.com/mail/answer/7436150. The other domain is Gmail's old name in Germany
    # and the United Kingdom: dev.maxmind.com/minfraud/normalizing-email-addresses-for-minfraud.
    Rule(("gmail.com", "googlemail.com"), ignored="."),
    # Domains: proton.me/support/addresses-and-aliases. Signs: removeEmailAlias in
    # github.com/ProtonMail/WebClients, src/helpers/string.js.
    Rule(("proton.me", "protonmail.com", "protonmail.ch", "pm.me"), ignored=".-_"),
    # support.apple.com/118230
    Rule(("icloud.com", "me.com", "mac.com")),
    # "Addresses using your username on all Yandex domains":
    # yandex.com/support/id/authorization/email.html. That a dot and a hyphen are the same there is
    # common knowledge; no page of theirs that says it was found.
    Rule(tuple(YANDEX.split()), alike=((".", "-"),)),
    # Below: fastmail.help/hc/articles/360060591053. A host has no underscore, so that a hyphen
    # stands for one there: fastmail.com/blog/two-address-resolving-additions.
    Rule(tuple(FASTMAIL.split()), same=False, alike=(("_", "-"),), below=True),
]
RULE_OF = {domain: rule for rule in RULES for domain in rule.domains}


def mailbox_of(address: str) -> str:
    """The one spelling that stands for all that reach the mailbox; the address is without case.

    What follows a `+` is the reader's own label (RFC 5233) at most servers, so it is left out
    everywhere: otherwise whoever wants to flood one person would write each mail to a label of its
    own. Where a server knows no labels, the made-up ones share the cap of a stranger.
    """
    local, _, domain = address.rpartition("@")
    user, _, above = domain.partition(".")
    if above in RULE_OF and RULE_OF[above].below:
        local, domain = user, above
    local = local.partition("+")[0] or local
    rule = RULE_OF.get(domain)
    if rule is None:
        return f"{local}@{domain}"
    for one, other in rule.alike:
        local = local.replace(one, other)
    plain = "".join(character for character in local if character not in rule.ignored)
    return f"{plain or local}@{rule.domains[0] if rule.same else domain}"
