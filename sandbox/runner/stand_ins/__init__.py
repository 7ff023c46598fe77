"""Programs that stand on a build's PATH where the real one cannot be had. Each says loudly what it is."""
