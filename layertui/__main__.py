"""`python -m layertui` is `layertui`."""

from layertui.cli import main

if __name__ == "__main__":
    main()
