"""Pages followed word for word: their commands, typed into a terminal in the order of the page."""
