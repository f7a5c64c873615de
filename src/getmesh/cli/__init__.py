"""The command line: parse, call one function, pick a renderer, return an exit code."""
