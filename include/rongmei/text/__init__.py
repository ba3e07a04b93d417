"""Chinese text on the ground floor: clean it, cut it into words, watch it for a topic, compare titles."""
