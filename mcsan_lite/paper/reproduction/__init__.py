"""The reproduction report: its prose is a template, its numbers come from results and ledgers."""
