"""An api job in a child process: `child` runs it, `client` owns the process, `foreground` waits for it."""
