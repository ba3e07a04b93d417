"""The embedded stack: starts everything a rehearsal needs on one machine, and plays the people who are not there."""
