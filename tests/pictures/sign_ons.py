"""Sign-ons: invited, from the form, by e-mail and from a file; decided one by one and together."""

from playwright.sync_api import expect

from tests.pictures.walk import Walk

SENT, DONE = "Will you sign", "Confirm"
MEMBERS = """\
Friends of the Loire\tInès Moreau\tines@loire.example.org\tDirector\tMembers of the Coalition
Rivers, Lakes and People\tKofi Mensah\tkofi@rlp.example.org\tChair\tSteering Committee
Schelde Zonder Afval vzw\tLotte Peeters\tlotte@schelde.example.org\tChair\tMembers of the Coalition
Bund für Flüsse e. V.\tJonas Weiß\tjonas@fluesse.example.org\tVorstand\tMembers of the Coalition
Ríos Vivos\tMarta Gil\tmarta@riosvivos.example.org\tPresidenta\tMembers of the Coalition
Vltava Watch\tPetr Novák\tpetr.novak\tChair\tMembers of the Coalition
"""
#: From the form: organisation, contact, title, address.
FORM = [
    ("Rivers, Lakes & People", "Ama Boateng", "Campaigner", "ama@rlp.example.org"),
    ("Anglers for Clean Water", "Sam Ellis", "Secretary", "sam@anglers.example.org"),
    ("Swim the Thames", "Priya Shah", "Director", "swimthethames@gmail.com"),
    ("Test Org Please Ignore", "X Y", "Z", "x@nowhere.example.org"),
]
#: By e-mail: a body of its own, though its name is like that of a member.
CHAPTER = "Friends of the Loire, Nantes"


def invited(walk: Walk) -> None:
    """The moderator invites the members from a list; one signs on a phone, one declines."""
    camera, page = walk.camera, walk.desk("moderator")
    page.goto(walk.pages["letter"])
    page.get_by_role("link", name="Invitations").click()
    walk.pages["tracker"] = page.url
    page.get_by_role("link", name="Invite members").click()
    page.locator("#id_members").fill(MEMBERS)
    page.get_by_label("Your own words").fill("As we decided at the annual meeting.")
    page.get_by_label("Why they may sign").fill("Members since 2021; decided on 12 April.")
    page.get_by_label("Approve in advance").check()
    page.get_by_role("button", name="Look first").click()
    camera.top(page, "invite-wrong", 1500)
    page.locator("#id_members").fill(MEMBERS.replace("petr.novak\t", "petr@vltava.example.org\t"))
    page.get_by_role("button", name="Look again").click()
    camera.of("invite-look", page.locator("#rows"), page.locator(".invite-buttons"))
    page.get_by_role("button", name="Invite 6 organisations").click()
    page.wait_for_url(walk.pages["tracker"])

    signer = walk.phone()
    signer.goto(walk.mail("ines@loire.example.org", SENT))
    camera.of("invitation-mail-phone", signer.locator("pre"))
    signer.goto(walk.link("ines@loire.example.org", SENT, "invitations"))
    camera.top(signer, "invitation-phone", 1500)
    for address in ("ines@loire.example.org", "marta@riosvivos.example.org"):
        signer.goto(walk.link(address, SENT, "invitations"))
        signer.check("[name=authorised]")
        signer.get_by_role("button", name="Sign for our organisation").click()
    signer.goto(walk.link("jonas@fluesse.example.org", SENT, "invitations"))
    signer.get_by_label("Your reason").fill("Our board has not met.")
    signer.get_by_role("button", name="We will not sign").click()
    signer.goto(walk.link("lotte@schelde.example.org", SENT, "invitations"))
    signer.get_by_label("Your colleague’s name").fill("Bram Claes")
    signer.get_by_label("Their title").fill("Director")
    signer.get_by_label("Their e-mail").fill("bram@schelde.example.org")
    signer.get_by_role("button", name="Pass it on").click()
    signer.context.close()
    page.reload()
    camera.top(page, "tracker")
    page.get_by_role("link", name="Schelde").click()
    camera.top(page, "invitation", 760)
    page.close()


def signed(walk: Walk) -> None:
    """Four organisations sign by the form; three confirm."""
    for name, contact, title, email in FORM:
        signer = walk.phone()
        signer.goto(walk.pages["form"])
        if name == FORM[0][0]:
            walk.camera.top(signer, "form-phone", 1500)
        signer.fill("[name=organisation]", name)
        signer.fill("[name=contact_name]", contact)
        signer.fill("[name=contact_title]", title)
        signer.fill("[name=email]", email)
        if signer.locator("[name=website]").count() and name == FORM[0][0]:
            signer.fill("[name=website]", "https://www.rlp.example.org/")
        signer.check("[name=authorised]")
        signer.get_by_role("button", name="Sign for our organisation").click()
        if name != FORM[1][0]:
            signer.goto(walk.link(email, DONE, "sign-ons/confirm"))
            signer.get_by_role("button", name="Confirm:").click()
        signer.context.close()


def decided(walk: Walk) -> None:
    """The moderator goes through the queue, one sign-on after the other."""
    camera, page = walk.camera, walk.desk("moderator")
    page.goto(walk.url("/admin/"))
    camera.top(page, "start", 760)
    page.get_by_role("link", name="Sign-ons", exact=False).first.click()
    page.goto(f"{page.url}?letter={walk.pages['letter'].rstrip('/').split('/')[-2]}")
    camera.top(page, "queue", 760)
    parts = page.get_by_role("navigation", name="Parts of the queue")
    parts.get_by_role("link", name="Waiting for them").click()
    camera.of("queue-parts", page.locator(".queue-tabs"), page.locator("#result_list"))
    parts.get_by_role("link", name="Waiting for you").click()

    # Under another spelling than the registry has: linked by a click, then approved by a key.
    page.get_by_role("link", name=FORM[0][0]).first.click()
    camera.top(page, "sign-on", 1000)
    page.get_by_role("button", name="Save and link to Rivers, Lakes and People").click()
    camera.of("linked", page.locator(".messagelist"), page.locator(".signon-alike"))
    page.locator("h1").first.click()
    page.keyboard.press("a")

    # From a free provider: asked by mail.
    expect(page.locator(".place-own")).to_have_text(FORM[2][0])
    camera.top(page, "next")
    page.keyboard.press("q")
    page.fill("#id_question_text", "Could you write to us from an address of your organisation?")
    camera.of("ask", page.locator(".signon-bar"))
    page.get_by_role("button", name="Mail the question").click()
    expect(page.locator(".messagelist")).to_contain_text("mail")
    page.close()


def rejected(walk: Walk) -> None:
    """One is made up."""
    camera, page = walk.camera, walk.desk("moderator")
    page.goto(walk.url("/admin/signatories/signon/"))
    page.get_by_role("link", name=FORM[3][0]).first.click()
    expect(page.locator(".place-own")).to_have_text(FORM[3][0])
    page.keyboard.press("r")
    page.locator("#id_reject_choice_1").check()
    camera.of("reject", page.locator(".signon-bar"))
    page.get_by_role("button", name="Reject it").click()
    camera.top(page, "rejected", 420)
    page.close()


def entered(walk: Walk) -> None:
    """One came by e-mail; it is like one that is there, and is another body."""
    camera, page = walk.camera, walk.desk("moderator")
    page.goto(walk.pages["letter"])
    page.get_by_role("link", name="Add a sign-on that came by e-mail").click()
    page.fill("#id_listed_name", CHAPTER)
    page.get_by_label("Group").select_option(label="Partners")
    page.fill("#id_evidence", "E-mail of 4 May from its president, saying yes.")
    page.set_input_files(
        "#id_file",
        {
            "name": "yes.eml",
            "mimeType": "message/rfc822",
            "buffer": b"From: chair@amis.example.org\r\nTo: us@example.org\r\nSubject: Yes\r\n"
            b"Date: Tue, 4 May 2027 09:00:00 +0200\r\n\r\nYes, we sign.\r\n",
        },
    )
    page.fill("#id_contact_name", "Luc Petit")
    page.fill("#id_contact_title", "Président")
    page.fill("#id_email", "luc@amis.example.org")
    camera.top(page, "enter", 1300)
    page.get_by_role("button", name="Enter it", exact=True).click()
    if page.get_by_role("button", name="Enter it all the same").count():
        camera.of("enter-alike", page.locator("section[aria-labelledby=alike]"))
        page.get_by_role("button", name="Enter it all the same").click()
    page.get_by_role("button", name="Save and approve").first.click()
    expect(page.locator(".messagelist")).to_contain_text(CHAPTER)
    page.close()


def reaffirmed(walk: Walk) -> None:
    """Who is asked after a substantive change says yes, on a phone; another answers by e-mail."""
    about = "Does your organisation still sign"
    signer = walk.phone()
    signer.goto(walk.link("ines@loire.example.org", about, "sign-ons/manage"))
    walk.camera.top(signer, "reaffirm-phone", 1500)
    signer.get_by_role("button", name="Our organisation still signs").click()
    walk.camera.top(signer, "reaffirmed-phone", 900)
    for address in ("ama@rlp.example.org", "luc@amis.example.org"):
        signer.goto(walk.link(address, about, "sign-ons/manage"))
        signer.get_by_role("button", name="Our organisation still signs").click()
    signer.context.close()
    page = walk.desk("moderator")
    page.goto(walk.pages["letter"])
    page.get_by_role("link", name="Who, and ask again").click()
    walk.camera.top(page, "silent", 360)
    page.get_by_role("link", name="Ríos Vivos").click()
    again = page.get_by_role("button", name="List again, as they told you")
    page.get_by_label("How they told you").fill("E-mail of 9 May from Marta Gil.")
    walk.camera.of("list-again", page.locator(".signon-bar"), page.get_by_text("Ask them again"))
    again.click()
    expect(page.locator(".messagelist")).to_contain_text("still signs")
    page.close()


def seen_by_a_viewer(walk: Walk) -> None:
    """Who may only read sees the same sign-on without its contact."""
    page = walk.desk("viewer")
    page.goto(walk.url("/admin/"))
    page.get_by_role("link", name="Sign-ons").first.click()
    parts = page.get_by_role("navigation", name="Parts of the queue")
    parts.get_by_role("link", name="Listed").click()
    page.fill("#searchbar", FORM[0][0])
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name=FORM[0][0]).first.click()
    expect(page.locator("#content")).not_to_contain_text("ama@rlp.example.org")
    walk.camera.top(page, "viewer", 620)
    page.close()
