"""The public data sets at their full size, without having them: files of the same format."""
