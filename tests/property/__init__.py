"""Random projects with random histories, against an oracle."""
