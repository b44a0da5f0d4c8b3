"""Commands that write pages for a browser, and the option that asks for one."""
