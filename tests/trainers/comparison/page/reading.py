"""A page as a test reads it."""

import html.parser

_WITHOUT_END = {"img", "meta"}


class Element:
    """An element of a page.

    Attributes:
        name: of the tag.
        attributes: dict.
        parent: the `Element` around it; None of the outermost.
        children: `Element`s.
    """

    def __init__(self, name, attributes, parent):
        self.name, self.attributes, self.parent = name, attributes, parent
        self.children, self.parts = [], []

    @property
    def text(self):
        """All text in it, with single blanks."""
        parts = (p if isinstance(p, str) else p.text for p in self.parts)
        return " ".join(" ".join(parts).split())

    def all(self, name=None):
        """Returns all elements in it, in their order, of a name if given."""
        found = []
        for child in self.children:
            if name in (None, child.name):
                found.append(child)
            found += child.all(name)
        return found


class _Parser(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.root = self.at = Element("", {}, None)

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"{tag} has {names}"
        element = Element(tag, dict(attrs), self.at)
        self.at.children.append(element)
        self.at.parts.append(element)
        if tag not in _WITHOUT_END:
            self.at = element

    def handle_endtag(self, tag):
        assert tag == self.at.name, f"{tag} ends in {self.at.name}"
        self.at = self.at.parent

    def handle_data(self, data):
        self.at.parts.append(data)


def parsed(text):
    """Returns the root of a page; each element must be closed."""
    parser = _Parser()
    parser.feed(text)
    parser.close()
    assert parser.at is parser.root
    return parser.root
