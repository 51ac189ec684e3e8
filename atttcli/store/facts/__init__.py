"""SQL of facts: files read, problems met, segments, indicators, alerts and their sightings. Import the module you need."""
