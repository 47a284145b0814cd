"""Run the notebooks from top to bottom and keep their outputs, light: `python notebooks/refresh.py`.

Pictures are stored with 256 colours, without times and without anything of the machine.
"""

from __future__ import annotations

import base64
import io
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from PIL import Image

HERE = Path(__file__).parent
NOTEBOOKS = ("lstm_autoencoder.ipynb", "lstm_supervised.ipynb")
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def refresh(path: Path) -> int:
    """Run one notebook in its own directory and write it back; answers its bytes."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        record_timing=False,
        resources={"metadata": {"path": str(HERE)}},
    ).execute()
    notebook.metadata = nbformat.NotebookNode(kernelspec=KERNEL)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "image/png" in data:
                data["image/png"] = _lighter(data["image/png"])
                data["text/plain"] = "a picture"
    nbformat.write(notebook, path)
    return path.stat().st_size


def _lighter(png: str) -> str:
    image = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB")
    out = io.BytesIO()
    image.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
        out, "PNG", optimize=True
    )
    return base64.b64encode(out.getvalue()).decode()


if __name__ == "__main__":
    for name in sys.argv[1:] or NOTEBOOKS:
        print(f"{name}: {refresh(HERE / name):,} bytes")
