"""Organisations: one body that is in the registry twice becomes one."""

from playwright.sync_api import expect

from tests.pictures.walk import Walk


def merged(walk: Walk) -> None:
    camera, page = walk.camera, walk.desk("moderator")
    page.goto(walk.url("/admin/"))
    page.get_by_role("link", name="Organisations", exact=True).first.click()
    page.get_by_role("link", name="Add organisation").first.click()
    page.fill("#id_display_name", "Rios Vivos Association")
    page.locator("input[name=_continue]").first.click()
    camera.top(page, "organisation", 900)
    page.get_by_role("link", name="Compare and merge").first.click()
    camera.top(page, "merge", 800)
    page.get_by_role("button", name="Merge:").click()
    expect(page.locator(".messagelist")).to_contain_text("is merged into", timeout=60_000)
    page.get_by_role("link", name="Organisations", exact=True).first.click()
    page.fill("#searchbar", "rlp")
    page.get_by_role("button", name="Search").click()
    camera.top(page, "organisations", 480)
    page.close()
