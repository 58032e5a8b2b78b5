"""The limits themselves: every number in one place, with its reason."""

from dataclasses import dataclass

from limits import RateLimitItem, RateLimitItemPerDay, RateLimitItemPerHour


@dataclass(frozen=True)
class Limit:
    """So many sign-ons in any hour are taken as they come; beyond `near` something is asked.

    Beyond `far` more, within the same hour, the form is refused to those who bring no proof of
    work. Without `far` the limit is quiet: nobody sees it, the mail only goes the slow way.
    """

    name: str
    near: RateLimitItem
    far: RateLimitItem | None = None


def _limit(name: str, *, near: int, far: int | None = None) -> Limit:
    return Limit(
        name,
        RateLimitItemPerHour(near, namespace=f"near-{name}"),
        RateLimitItemPerHour(far, namespace=f"far-{name}") if far else None,
    )


#: One client: an IPv4 address, an IPv6 /64. A secretariat that signs for all its members, or an
#: office behind one address, reaches ten or so in an afternoon; twice that is let pass unseen. What
#: is asked then is a second of the browser's time, so this can be low.
ADDRESS = _limit("address", near=20, far=100)
#: Its surroundings: an IPv4 /24, an IPv6 /48. As much as a university, or a mobile network that
#: puts a town behind few addresses; a machine rented to sign is one of 256 there.
RANGE = _limit("range", near=60, far=300)
#: All of one letter. The last evening of a large one brings 6,000 in its fullest minute (three
#: times the peak that e-petitions claims): twice that in an hour are let pass without a question.
LETTER = _limit("letter", near=12_000, far=40_000)
#: One address that is written to. A person signs for two or three bodies; mails to one address are
#: capped besides (campaign.mail.cap). Quiet: an answer would tell who was typed in before.
EMAIL = _limit("email", near=5)
#: All addresses of one domain on one letter: a federation has some dozens of members. Quiet, for
#: the same reason. Nobody is asked for a proof here, so none opens it: that would help only those
#: who come near another limit on purpose. A domain at which anybody can have an address has no
#: limit: it says nothing about who comes, and a flood from there would slow down all others there.
DOMAIN = _limit("domain", near=30)

#: Wrong passwords and codes, in any hour; what was right does not count (campaign/limits/sign_in.py
#: says which of these a sign-in meets). One account from one address: who has forgotten which of
#: their passwords it was tries five, each twice.
SIGN_IN_PAIR = RateLimitItemPerHour(10, namespace="sign-in-pair")
#: One network, an IPv4 /24 or IPv6 /48: a training at which thirty people sign in for the first
#: time, and most mistype once.
SIGN_IN_NETWORK = RateLimitItemPerHour(60, namespace="sign-in-network")
#: One account from all networks that are strange to it together, or from one that it knows. In a
#: day 1,200 passwords can be tried; the 20,000 most common nobody has (AUTH_PASSWORD_VALIDATORS).
SIGN_IN_ACCOUNT = RateLimitItemPerHour(50, namespace="sign-in-account")
#: The same for wrong codes, a day, which only who has the password can try. Three codes in a
#: million are right: in a year of it the chance is one in thirty.
SIGN_IN_CODE = RateLimitItemPerDay(30, namespace="sign-in-code")
