// What a forked child runs: nothing.
