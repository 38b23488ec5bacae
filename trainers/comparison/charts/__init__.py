"""Charts as SVG, written by small functions; see `page.style` for colors."""
