"""What `--help` of a script says."""

import re
import textwrap

from absl import flags

_WIDTH = 80
#: What absl adds to the texts of flags with several values.
_ADDED = re.compile(r"^<.*?>: |;\s+repeat this option .*")


def help_text(description):
    """Returns a script's docstring, followed by its own flags.

    Args:
        description: the docstring.
    """
    own = flags.FLAGS.get_flags_for_module("__main__")
    parts = [description.strip(), "", "flags:"]
    parts += [_describe(flag) for flag in sorted(own, key=_rank)]
    return "\n".join(parts) + "\n"


def _rank(flag):
    """Sorts the flags that each run needs first, then by name."""
    first = ("config", "workdir")
    return (flag.name not in first, flag.name)


def _describe(flag):
    text = _ADDED.sub("", flag.help)
    if getattr(flag.parser, "enum_values", None):
        text += f" One of: {', '.join(flag.parser.enum_values)}."
    if flag.default not in (None, []):
        text += f" Default: {flag.default_as_str.strip(chr(39))}."
    text = textwrap.fill(
        text, _WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 6
    )
    boolean = "[no]" if flag.boolean else ""
    return f"  --{boolean}{flag.name}\n{text}"
