"""Where Airflow and Rongmei meet: operators, triggers, timetable, retry policy, the trigger form, the Chinese UI."""
