"""The command line: what operators and authors may ask and do."""
