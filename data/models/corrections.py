"""What people decided differently from the classifier, or confirmed: kept to learn from."""

import datetime as dt

from sqlmodel import Field, SQLModel


class Correction(SQLModel, table=True):
    """One decision of a person about one message or case.

    `label` is "intent", "category", or "action": what the bot alone would have done with overheard talk of
    `group_id`, and whether the person registered it. The group stays when the message is gone.
    """

    __tablename__ = "corrections"
    id: int | None = Field(default=None, primary_key=True)
    at: dt.datetime
    person_id: int = Field(foreign_key="people.id")
    case_id: int | None = Field(default=None, foreign_key="cases.id", index=True)
    message_id: int | None = Field(default=None, foreign_key="messages.id", ondelete="SET NULL")
    group_id: int | None = Field(default=None, foreign_key="chat_groups.id", index=True)
    label: str = Field(max_length=16)
    guessed: str = Field(max_length=16)
    decided: str = Field(max_length=16)
    model_hash: str = Field(default="", max_length=64)
