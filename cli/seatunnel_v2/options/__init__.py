"""Every option and argument of the command, declared once: its type, its help, its panel, its environment variable."""
