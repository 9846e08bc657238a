"""What takes several runs to find out: comparisons that are fair, sweeps, and the queue that trains them one after the other."""
