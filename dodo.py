"""The tasks of the shipped pipeline, one import a stage."""

from tasks.clean_flights import task_clean_flights
from tasks.flight_delays import task_flight_delays
from tasks.get_flights import task_get_flights
from tasks.join_flights import task_join_flights
from tasks.numbers import task_numbers
from tasks.squares import task_squares

__all__ = [
    "task_clean_flights",
    "task_flight_delays",
    "task_get_flights",
    "task_join_flights",
    "task_numbers",
    "task_squares",
]
