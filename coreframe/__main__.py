"""`python -m coreframe`: the command line, where no script is on the path."""

from coreframe.cli.app import main

main()
