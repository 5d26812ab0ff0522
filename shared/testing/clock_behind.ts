// Preloaded into a program whose clock is to be two seconds behind.

const now = Date.now;
Date.now = () => now() - 2000;
