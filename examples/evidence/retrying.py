"""What a vote gains by asking again for a reply that can be read, and what it gains by agreeing."""

from __future__ import annotations

from pathlib import Path

from evidence import main, percent, points, table
from recordings import DATE_GPT35, EXAMS_GPT35, GAME24, JHU, at

from compound.stats import vote_curves
from compound.strategies.vote import counted

RECORDINGS = (
    at(1.0, JHU.format("llama-2-70b-chat"), "llama-2-70b-chat, ten exams, T=1.0"),
    at(1.0, JHU.format("llama-2-7b-chat"), "llama-2-7b-chat, ten exams, T=1.0"),
    GAME24,
    at(1.6, JHU.format("gpt-35-turbo"), "gpt-3.5-turbo, ten exams, T=1.6"),
    EXAMS_GPT35,
    at(1.0, "jhu_hellaswag_val-100_gpt-35-turbo_chain_of_thought", "gpt-3.5-turbo, HellaSwag, T=1.0"),
    at(1.0, "jhu_aqua-rat-100_gpt-35-turbo_chain_of_thought", "gpt-3.5-turbo, AQuA, T=1.0"),
    DATE_GPT35,
)


def tables(data: Path) -> dict[str, str]:
    """The gain of ten votes over one sample, split into the two."""
    rows = []
    for recording in RECORDINGS:
        pools = recording.pools(data)
        found = vote_curves([counted(pool) for pool in pools])
        unread = [vote is None for pool in pools for vote in pool.votes.votes]
        rows.append([
            recording.label, len(pools), percent(unread), percent(found.accuracy[:, 0]),
            points(found.accuracy[:, 9] - found.accuracy[:, 0]), points(found.retrying[:, 9]),
            points(found.agreeing[:, 9]),
        ])  # fmt: skip
    head = ["recording", "questions", "unread %", "one sample %", "10 votes less 1", "by retrying", "by agreeing"]
    return {"retrying": table(head, rows)}


if __name__ == "__main__":
    main(tables)
