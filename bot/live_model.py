"""The classifier that answers, and the file it comes from: a new file is taken without a restart."""

from pathlib import Path

import structlog

from classifiers import Model, ModelError, PlaceNames, Thresholds, Understanding, understand

log = structlog.get_logger("model")
Stamp = tuple[int, int, int]


class ModelFile:
    """A model file that is looked at now and then: `model` is what it held when it could last be read.

    Shared by all threads: the model is exchanged whole, and a message keeps the one it began with.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.model: Model | None = None
        self.trouble = ""
        """Why the file as it is now cannot be used; empty if it can, or if there is none."""
        self._seen: Stamp | None = None

    def refresh(self) -> bool:
        """Load what is new; whether the model is another one now."""
        seen = _stamp(self.path)
        if seen == self._seen:
            return False
        self._seen, before = seen, self.model
        try:
            self.model, self.trouble = Model.load(self.path) if seen else None, ""
        except ModelError as error:
            self.model, self.trouble = None, str(error)
            log.warning("model file cannot be used", file=self.path.name, reason=self.trouble)
        if self.model is None:
            return before is not None
        log.info("model loaded", file=self.path.name, hash=self.model.hash)
        return True


class LiveModel:
    """`understand` with the model in use; a file that is gone or broken changes nothing."""

    def __init__(self, path: Path, thresholds: Thresholds, model: Model | None = None) -> None:
        self.file = ModelFile(path)
        self.thresholds = thresholds
        self.file._seen = _stamp(path)  # before it is read: what comes later is new
        self.model = model or Model.load(path)

    def __call__(
        self, text: str, *, names: PlaceNames, nickname: str, addressed: bool, has_photo: bool
    ) -> Understanding:
        return understand(
            text,
            model=self.model,
            names=names,
            nickname=nickname,
            addressed=addressed,
            has_photo=has_photo,
            thresholds=self.thresholds,
        )

    def refresh(self) -> bool:
        """Take the file's model if it is a new and sound one."""
        if self.file.refresh() and self.file.model is not None:
            self.model = self.file.model
            return True
        return False


def _stamp(path: Path) -> Stamp | None:
    """Tells a file from another under the same name; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
