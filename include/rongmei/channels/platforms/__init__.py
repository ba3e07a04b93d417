"""One module or folder a platform; each says what it offers in `CHANNELS`, and the registry finds it there."""
