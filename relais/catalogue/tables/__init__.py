"""Tables that people of the team bring: read apart, matched, rehearsed, and imported by the differ of every source."""
