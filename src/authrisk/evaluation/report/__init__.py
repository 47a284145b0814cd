"""Reports of an evaluation: one document, as Markdown or as a web page, with plots."""
