"""What people read: words, reports of runs, plans and lists."""
