"""The folder of a comparison: after a refused call it is as it was."""

import contextlib
import pathlib
import tempfile

from ..common.contents import by_content
from ..common.errors import InputError, writing
from ..common.files import make_folder
from ..common.paths import user_path


class OwnFolder(contextlib.AbstractContextManager):
    """A folder for a model, its data and their runs, made if it is not there.

    If the block ends before the first run has begun, files of models and data
    that are new are removed, and so are the folders that were made.

    Args:
        workdir: its path; None: a new one below the folder for temporary files.

    Attributes:
        path: the `pathlib.Path`.

    Raises:
        InputError: it cannot be made.
    """

    def __init__(self, workdir):
        if workdir is None:
            with writing(f"A folder in {tempfile.gettempdir()}"):
                name = tempfile.mkdtemp(prefix="normzoo-")
            self.path = pathlib.Path(name)
            self._made = [self.path]
        else:
            self.path = user_path(workdir).resolve()
            around = (self.path, *self.path.parents)
            self._made = [each for each in around if not each.exists()]
        make_folder(self.path, "The workdir")
        try:
            self._before = set(self.path.iterdir())
        except OSError as error:
            raise InputError(
                f"The workdir {self.path} cannot be used: {error}. Name "
                "another one."
            ) from error
        self._is_kept = False

    def keep(self):
        """Leaves everything there, whatever comes: the first run begins."""
        self._is_kept = True

    def __exit__(self, *error):
        if self._is_kept:
            return
        with writing(f"The workdir {self.path}"):
            for path in set(self.path.iterdir()) - self._before:
                if by_content(str(path)) != str(path):
                    path.unlink()
        for folder in self._made:
            # Another process may have begun in it.
            with contextlib.suppress(OSError):
                folder.rmdir()
