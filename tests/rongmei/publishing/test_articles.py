"""Articles of a run: rendered once, the same for every account but for by-line, link and fingerprint."""

import pytest
from sqlalchemy import event

from rongmei.ledger import Review, Story
from rongmei.publishing import articles
from rongmei.publishing.articles import Articles

NAMES = {"first_review": "chen-ce", "second_review": "zhou-dai", "final_review": "somebody-who-left"}


@pytest.fixture
def rendered(monkeypatch):
    """How often a version was rendered."""
    seen = []
    real = articles.article
    monkeypatch.setattr(articles, "article", lambda version, *a, **k: seen.append(version.id) or real(version, *a, **k))
    return seen


def review(newsroom, story_id):
    with newsroom.ledger.begin() as session:
        story = session.get_one(Story, story_id)
        for stage, reviewer in reversed(NAMES.items()):
            session.add(
                Review(
                    story_id=story.id,
                    content_hash=story.current_hash,
                    stage=stage,
                    reviewer=reviewer,
                    decision="pass",
                    decided_at=newsroom.time.now,
                )
            )


def test_an_article_says_whose_it_is_and_who_signed_it(newsroom, plan):
    story = newsroom.sign_off(picture=True)
    review(newsroom, story)
    made = Articles(newsroom.ledger, plan, newsroom.settings.media, [1]).make(
        1, fingerprint="rm1", author="市里", link="https://a.example/1"
    )
    assert (made.fingerprint, made.link, made.author) == ("rm1", "https://a.example/1", "记者 林初")
    assert (made.outlet, made.signed_by) == ("dongcheng编辑部", ("chen-ce", "zhou-dai", "somebody-who-left"))
    assert made.pictures[0].path == newsroom.settings.media / made.pictures[0].sha256


def test_a_version_is_rendered_once_for_all_accounts_and_channels(newsroom, plan, rendered):
    for number in range(3):
        newsroom.sign_off(f"第 {number} 条")
    for _ in range(2):
        shelf = Articles(newsroom.ledger, plan, newsroom.settings.media, [1, 2, 3, 1])
        for version in (3, 1, 2, 1):
            shelf.make(version, fingerprint="f", author="a")
    assert sorted(rendered) == [1, 2, 3]


def test_a_new_signature_makes_a_new_article(newsroom, plan, rendered):
    story = newsroom.sign_off()
    media = newsroom.settings.media
    before = Articles(newsroom.ledger, plan, media, [1]).make(1, fingerprint="f", author="a")
    review(newsroom, story)
    after = Articles(newsroom.ledger, plan, media, [1]).make(1, fingerprint="f", author="a")
    assert (before.signed_by, len(after.signed_by), rendered) == ((), 3, [1, 1])


def test_the_shelf_is_cleared_before_it_grows_too_long(newsroom, plan, rendered, monkeypatch):
    monkeypatch.setattr(articles, "KEPT", 2)
    for number in range(5):
        newsroom.sign_off(f"第 {number} 条")
    shelf = Articles(newsroom.ledger, plan, newsroom.settings.media, range(1, 6))
    titles = [shelf.make(version, fingerprint="f", author="a").title for version in (1, 2, 3, 4, 5, 1)]
    assert titles == [f"第 {number} 条" for number in (0, 1, 2, 3, 4, 0)]


def test_many_versions_are_read_in_few_queries(newsroom, plan):
    for number in range(30):
        newsroom.sign_off(f"第 {number} 条")
    queries = []
    event.listen(newsroom.ledger.engine, "before_cursor_execute", lambda *_: queries.append(1))
    shelf = Articles(newsroom.ledger, plan, newsroom.settings.media, range(1, 31))
    for version in range(1, 31):
        shelf.make(version, fingerprint="f", author="a")
    # Two chunks; in each a BEGIN, two looks at what is needed, the versions and their media.
    assert len(queries) <= 12
