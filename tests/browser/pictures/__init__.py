"""The pictures in docs/images: `python -m tests.browser.pictures` takes all of them again."""
