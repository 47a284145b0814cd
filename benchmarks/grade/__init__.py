"""How well the log formats read samples whose content is known."""
