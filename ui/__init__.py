"""The window. Shows values and emits intentions; imports no tensor library and no file parser."""
