"""`python -m trunkline.cli`: the same as `trunkline`."""

from trunkline.cli import main

main()
