"""What `--help` of a script says."""

import textwrap

from absl import flags

_WIDTH = 80


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
    text = flag.help
    if getattr(flag.parser, "enum_values", None):
        text += f" One of: {', '.join(flag.parser.enum_values)}."
    if flag.default is not None:
        text += f" Default: {flag.default}."
    text = textwrap.fill(
        text, _WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 6
    )
    boolean = "[no]" if flag.boolean else ""
    return f"  --{boolean}{flag.name}\n{text}"
