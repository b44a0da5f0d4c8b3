"""What tests of pages share: a page read by a strict parser, and what every page must be."""

import re
from html.parser import HTMLParser

VOID = {"meta", "link", "br", "hr", "img", "input"}


class PageReader(HTMLParser):
    """Tags with their attributes, the text, and which tags were left open or closed twice."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.words, self.open, self.wrong = [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data):
        if not self.open or self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())

    def of(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


def read_page(text):
    """A page that keeps the rules of all pages, read."""
    page = PageReader(text)
    assert not page.open and not page.wrong, (page.open, page.wrong)
    assert not page.of("script"), "a page runs nothing"
    assert not re.search(r"\bon\w+=", " ".join(map(str, page.tags)))
    for _, attributes in page.tags:  # nothing is fetched
        for name in ("src", "href", "xlink:href", "action"):
            if attributes.get(name):
                assert attributes[name].startswith(("#", "data:")), attributes
    assert "url(" not in text.replace("url(#", "") and "@import" not in text
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert len(page.of("h1")) == 1 and page.of("html")[0]["lang"] == "en"
    assert len(page.of("caption")) == len(page.of("table"))
    for head in page.of("th"):
        assert head["scope"] in ("col", "row")
    for picture in page.of("svg"):
        assert picture["role"] == "img" and len(picture["aria-label"]) > 20
    assert len(page.of("figcaption")) == len(page.of("figure"))
    assert "prefers-color-scheme: dark" in text
    return page
