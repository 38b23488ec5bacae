"""What the site's build needs besides Markdown, called by MkDocs.

The documents also link to source files next to `docs/`, as on GitHub; the
site has copies of these. And the checkout may have any name, while the API's
pages are made of a package that is called `normzoo`.
"""

import pathlib
import posixpath
import re
import shutil

from mkdocs.structure.files import File

ROOT = pathlib.Path(__file__).resolve().parents[2]
#: As `paths` in mkdocs.yml says.
SOURCE = ROOT / "build/source/normzoo"
PACKAGES = ("layers", "zoo", "trainers", "configs")
_LINK = re.compile(r"(\]\()((?:\.\./)+[^)#]+)")


def on_startup(command, dirty):
    """Makes the package's folder, which must be there from the beginning."""
    copy_package()


def on_pre_build(config):
    """Takes over what has changed since, while the site is served."""
    copy_package()


def copy_package():
    """Copies the package's modules to a folder with the package's name."""
    shutil.rmtree(SOURCE, ignore_errors=True)
    for path in [ROOT / "__init__.py", *_modules()]:
        copy = SOURCE / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)


def on_files(files, config):
    """Adds the source files that documents link to."""
    pages = list(files.documentation_pages())
    for path in sorted({p for page in pages for p in _sources(page)}):
        uri = f"source/{path}"
        files.append(File.generated(config, uri, abs_src_path=ROOT / path))
    return files


def on_page_markdown(markdown, page, config, files):
    """Points links to source files to their copies."""

    def point(match):
        path = _source(page.file, match[2])
        if path is None:
            return match[0]
        start = posixpath.dirname(page.file.src_uri)
        return match[1] + posixpath.relpath(f"source/{path}", start or ".")

    return _LINK.sub(point, markdown)


def _modules():
    return (p for name in PACKAGES for p in (ROOT / name).rglob("*.py"))


def _sources(file):
    """Returns the files outside of `docs/` that a page links to."""
    targets = (target for _, target in _LINK.findall(file.content_string))
    return filter(None, (_source(file, target) for target in targets))


def _source(file, target):
    """Returns the path in the checkout that leaves `docs/`, or None."""
    folder = posixpath.dirname(f"docs/{file.src_uri}")
    path = posixpath.normpath(posixpath.join(folder, target))
    outside = not path.startswith("docs/") and (ROOT / path).is_file()
    return path if outside else None
