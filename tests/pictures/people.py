"""Accounts: the first administrator signs in and adds two people, who choose their passwords."""

from playwright.sync_api import Page

from tests.pictures.walk import PASSWORD, Walk, code_shown_for

#: Those who lead the campaign: by what their pages are called, user name, name, role.
PEOPLE = {
    "editor": ("ada", "Ada", "Okafor", "Editor"),
    "moderator": ("noor", "Noor", "Haddad", "Moderator"),
    "viewer": ("tomas", "Tomas", "Lind", "Viewer"),
}


def sign_in(walk: Walk, page: Page, username: str, password: str) -> None:
    page.goto(walk.url("/admin/"))
    page.fill("#id_username", username)
    page.fill("#id_password", password)


def accounts(walk: Walk) -> None:
    camera, page = walk.camera, walk.desk("administrator")
    sign_in(walk, page, "admin", (walk.site.data_dir / "admin-password").read_text().strip())
    page.get_by_role("button", name="Sign in").click()
    camera.top(page, "second-factor", 1040)
    page.fill("#id_code", code_shown_for(page))
    page.get_by_role("button", name="Turn on the second factor").click()
    camera.top(page, "recovery-codes", 620)
    page.get_by_role("link", name="I have kept them").click()
    for who, (username, first, last, role) in PEOPLE.items():
        page.get_by_role("link", name="People", exact=True).first.click()
        page.get_by_role("link", name="Add a person").click()
        page.fill("#id_username", username)
        page.fill("#id_first_name", first)
        page.fill("#id_last_name", last)
        page.fill("#id_email", f"{username}@example.org")
        page.get_by_label(role).check()
        if who == "editor":
            camera.top(page, "person")
        page.get_by_role("button", name="Add, and get a link").click()
        if who == "editor":
            camera.top(page, "person-link", 480)
        arrive(walk, who, page.input_value("#link"))
    page.get_by_role("link", name="People", exact=True).first.click()
    camera.top(page, "people", 560)
    page.close()


def arrive(walk: Walk, who: str, link: str) -> None:
    """The person follows the link, chooses a password and sets up the second factor."""
    page = walk.desk(who)
    page.goto(link)
    page.fill("#id_new_password1", PASSWORD)
    page.fill("#id_new_password2", PASSWORD)
    page.get_by_role("button", name="Set the password and sign in").click()
    page.fill("#id_code", code_shown_for(page))
    page.get_by_role("button", name="Turn on the second factor").click()
    page.get_by_role("link", name="I have kept them").click()
    page.wait_for_url("**/admin/")
    page.close()


def digest(walk: Walk) -> None:
    """The moderator chooses a mail each morning."""
    camera, page = walk.camera, walk.desk("moderator")
    page.goto(walk.url("/admin/"))
    page.get_by_role("link", name="My digest").first.click()
    page.get_by_label("when something waits for us").check()
    camera.top(page, "digest", 700)
    page.get_by_role("button", name="Save my digest").click()
    page.close()
