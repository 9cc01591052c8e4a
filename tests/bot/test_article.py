"""A malformed article is refused with its file, its line and what to do."""

from pathlib import Path

import pytest

from bot.article import ArticleError, read_articles
from tests.bot.articles import NAMES, good_article, other_article, questions, write

GOOD = good_article()


def refusal(folder: Path) -> ArticleError:
    with pytest.raises(ArticleError) as caught:
        read_articles(folder, NAMES)
    return caught.value


def line_of(text: str, part: str) -> int:
    """Return the number of the first line that holds `part`."""
    lines = text.splitlines()
    return next(n for n, line in enumerate(lines, 1) if part in line)


def test_a_good_article_is_read_whole(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    (article,) = read_articles(tmp_path, NAMES)
    assert article.id == "lost_key"
    assert article.title == "I lost my key"
    assert article.category == "Keys"
    assert article.questions[0] == "I lost my key, case 0"
    assert len(article.questions) == 12
    assert article.answer == "Ask {product} for **another** key."
    assert article.offers == ("talk_to_human",)
    assert article.related == ()
    assert article.body == "# What to do\n\nGo to the {web_site}."
    assert article.path == tmp_path / "lost-key.md"


def test_windows_line_ends_are_read_too(tmp_path: Path) -> None:
    write(tmp_path, GOOD.replace("\n", "\r\n"))
    (article,) = read_articles(tmp_path, NAMES)
    assert article.title == "I lost my key"


def test_offers_and_related_may_be_left_out(tmp_path: Path) -> None:
    text = GOOD.replace("offers: [talk_to_human]\n", "").replace("related: []\n", "")
    write(tmp_path, text)
    (article,) = read_articles(tmp_path, NAMES)
    assert article.offers == article.related == ()


def test_articles_come_in_the_order_of_their_files(tmp_path: Path) -> None:
    write(tmp_path, other_article("zebra", "zebra"), "zebra.md")
    write(tmp_path, other_article("apple", "apple"), "apple.md")
    assert [a.id for a in read_articles(tmp_path, NAMES)] == ["apple", "zebra"]


def test_the_shipped_articles_are_good() -> None:
    from bot.settings import read_names

    articles = read_articles(Path("kb"), read_names())
    assert {a.id for a in articles} >= {"how_to_log_in", "invite_expired"}


MALFORMED = {
    # name: (what to replace, with what, part of the problem, part of the remedy,
    #        a part of the line that is blamed, or its number)
    "no front matter": ("---\nid", "id", "no front matter", "Begin it", 1),
    "nothing in it": (GOOD, "", "no front matter", "Begin it", 1),
    "front matter without an end": (
        "\n---\n# What",
        "\n# What",
        "without an end",
        "Put a line",
        24,
    ),
    "empty front matter": (
        GOOD,
        "---\n---\ntext\n",
        "empty front matter",
        "It needs id",
        2,
    ),
    "front matter that is a list": (
        GOOD,
        "---\n- a\n---\n",
        "empty front matter",
        "It needs",
        2,
    ),
    "not YAML": (
        "title: I lost",
        "title: I: lost",
        "is not YAML",
        "Quote texts",
        "title",
    ),
    "a tab": (
        "  - I lost my key, case 3",
        "\t- I lost",
        "is not YAML",
        "Quote texts",
        "\t- I lost",
    ),
    "an unknown field": (
        "category: Keys",
        "category: Keys\nauthor: me",
        "unknown field `author`",
        "Use only id",
        "author",
    ),
    "no id": ("id: lost_key\n", "", "has no `id`", "Add a line", 2),
    "no title": ("title: I lost my key\n", "", "has no `title`", "Add a line", 2),
    "an empty title": (
        "title: I lost my key",
        "title:",
        "has no `title`",
        "Add a line",
        "title",
    ),
    "no category": ("category: Keys\n", "", "has no `category`", "Add a line", 2),
    "an empty answer": (
        "answer: |\n  Ask {product} for **another** key.",
        "answer:",
        "has no `answer`",
        "Add a line",
        "answer",
    ),
    "a title that is a number": (
        "title: I lost my key",
        "title: 12",
        "`title` is not a text",
        "in quotes",
        "title",
    ),
    "an answer that is a list": (
        "answer: |\n  Ask {product} for **another** key.",
        "answer: [a]",
        "`answer` is not a text",
        "in quotes",
        "answer",
    ),
    "an id unlike the file": (
        "id: lost_key",
        "id: other",
        "unlike its file name",
        "id: lost_key",
        "id: other",
    ),
    "questions that are no list": (
        "questions:\n" + questions(),
        "questions: why?",
        "`questions` is not a list",
        "one item a line",
        "questions",
    ),
    "offers that are no list": (
        "[talk_to_human]",
        "talk_to_human",
        "`offers` is not a list",
        "one item a line",
        "offers",
    ),
    "an unknown offer": (
        "[talk_to_human]",
        "\n  - talk_to_human\n  - free_beer",
        "unknown action `free_beer`",
        "Choose among",
        "free_beer",
    ),
    "too few questions": (
        questions(),
        questions(11),
        "11 questions",
        "until there are 12",
        "questions:",
    ),
    "a question twice": (
        "my key, case 7",
        "my key, case 3",
        "the same as line 9",
        "Remove one",
        13,
    ),
    "a question twice in capitals": (
        "I lost my key, case 7",
        "I LOST MY KEY, case 3",
        "the same as line 9",
        "Remove one",
        13,
    ),
    "a question that is a number": (
        "- I lost my key, case 5",
        "- 5",
        "no text",
        "Quote it",
        "- 5",
    ),
    "an empty question": (
        "- I lost my key, case 5",
        "- ''",
        "no text",
        "Quote it",
        "- ''",
    ),
    "a question that is a mapping": (
        "I lost my key, case 5",
        "lost: key",
        "no text",
        "Quote it",
        "lost: key",
    ),
    "an answer with an empty line": (
        "another** key.",
        "another** key.\n\n  Or not.",
        "empty line",
        "remove the empty line",
        "answer",
    ),
    "an unknown name in the answer": (
        "{product}",
        "{produkt}",
        "{produkt}",
        "product, web_site",
        "answer",
    ),
    "an unknown name in a question": (
        "my key, case 5",
        "my {thing}",
        "{thing}",
        "product, web_site",
        "{thing}",
    ),
    "an unknown name in the title": (
        "title: I lost my key",
        "title: I lost {it}",
        "{it}",
        "product, web_site",
        "title",
    ),
    "an unknown name in the body": (
        "{web_site}",
        "{website}",
        "{website}",
        "product, web_site",
        "{website}",
    ),
    "an unknown related article": (
        "related: []",
        "related: [no_such]",
        "unknown article `no_such`",
        "There are lost_key",
        "related",
    ),
}


@pytest.mark.parametrize("malformation", MALFORMED)
def test_a_malformed_article_is_refused_with_its_line_and_a_remedy(
    malformation: str, tmp_path: Path
) -> None:
    old, new, problem, remedy, blamed = MALFORMED[malformation]
    assert old in GOOD
    text = GOOD.replace(old, new, 1)
    path = write(tmp_path, text)
    error = refusal(tmp_path)
    assert error.path == path
    assert problem in str(error)
    assert remedy in str(error)
    assert error.line == (blamed if isinstance(blamed, int) else line_of(text, blamed))
    assert str(error).startswith(f"{path}:{error.line}: ")


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    write(tmp_path, GOOD.encode("utf-16"))
    error = refusal(tmp_path)
    assert "UTF-8" in str(error)
    assert error.line == 1


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    assert "no articles" in str(refusal(tmp_path))


def test_the_same_question_in_two_articles_is_refused(tmp_path: Path) -> None:
    write(tmp_path, other_article("first", "key"), "first.md")
    text = other_article("second", "door").replace("door, case 4", "KEY, case 4")
    second = write(tmp_path, text, "second.md")
    error = refusal(tmp_path)
    assert error.path == second
    assert error.line == line_of(text, "KEY, case 4")
    assert "first.md" in str(error)
    assert "Keep it in the article that answers it." in str(error)


def test_related_articles_may_name_each_other(tmp_path: Path) -> None:
    first = other_article("first", "key").replace("related: []", "related: [second]")
    second = other_article("second", "door").replace("related: []", "related: [first]")
    write(tmp_path, first, "first.md")
    write(tmp_path, second, "second.md")
    assert len(read_articles(tmp_path, NAMES)) == 2
