"""What several formats say of an event, each in its own words."""

from filmscrape.records import Event, Screening


def directors(event: Event) -> list[str]:
    """Who directed it, each name once."""
    return list(dict.fromkeys(member.name for member in event.crew if member.role == "director"))


def is_cancelled(event: Event, screening: Screening) -> bool:
    """Whether a screening does not take place; one that is over took place, whatever became of the event since."""
    return screening.availability == "cancelled" or (event.status == "cancelled" and screening.availability != "past")
