"""An engine's jobs without any learning: a stream of events such as a training of small steps gives."""
