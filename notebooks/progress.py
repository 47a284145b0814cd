"""One line that says how far the training is, written over again and again."""

from __future__ import annotations

from IPython.display import DisplayHandle, display

from authrisk.training.fit import Progress


class ProgressLine:
    """Pass it as `say`: it shows the epoch, the loss and how many logins are done."""

    def __init__(self) -> None:
        self._line: DisplayHandle | None = None
        self._shown = ""

    def __call__(self, progress: Progress) -> None:
        """Show a progress; nothing is written when the text stays the same."""
        p = progress
        tenths = 10 * p.done // p.total
        text = f"epoch {p.epoch}/{p.epochs} [{'#' * tenths:.<10}] loss {p.train_loss:.2f}"
        if text == self._shown:
            return
        self._shown = text
        shown = {"text/plain": text}
        if self._line is None:
            self._line = display(shown, raw=True, display_id=True)
        else:
            self._line.update(shown, raw=True)
