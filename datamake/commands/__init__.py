"""The verbs: one small module each, over the same judge, planner and runner."""
