import pytest

from compound.core import Chat, Draw, Question, Request, TaskError, Text, Usage


def test_an_id_follows_from_the_content_and_nothing_else():
    one = Question("q", "number", "1", metadata={"a": 1, "b": 2})
    assert one.id == Question("q", "number", "1", metadata={"b": 2, "a": 1}, examples=(one,)).id
    others = [Question("q!", "number", "1"), Question("q", "text", "1"), Question("q", "number", "2")]
    assert len({one.id, *(q.id for q in others)}) == 4


def test_lists_of_golds_and_choices_become_tuples():
    question = Question("q", "choice", ["A", "B"], choices=["red", "blue"])
    assert question == Question("q", "choice", ("A", "B"), choices=("red", "blue"))
    assert len({question, question}) == 1


def test_more_choices_than_letters_are_refused():
    assert Question("q", choices=tuple(map(str, range(26)))).letters[-1] == "Z"
    with pytest.raises(TaskError, match="27 choices"):
        Question("q", choices=tuple(map(str, range(27))))


def test_the_size_of_a_prompt_bounds_its_bytes_even_with_half_a_character():
    assert Chat.user("é" * 10).size >= 20
    assert Text("é" * 10).size >= 20
    assert Chat.user("\ud800").size >= 3
    assert Text("\ud800").size >= 3


def test_the_key_of_a_request_has_everything_that_is_sent():
    base = {"model": "m", "endpoint": "e", "prompt": Text("p"), "parameters": (("temperature", 1),)}
    changes = [
        {"model": "m2"},
        {"endpoint": "e2"},
        {"prompt": Text("p2")},
        {"prompt": Chat.user("p")},
        {"parameters": (("temperature", 0.5),)},
        {"parameters": (("temperature", 1), ("top_p", 1))},
    ]
    keys = {Request(**base).key, *(Request(**{**base, **change}).key for change in changes)}
    assert len(keys) == 1 + len(changes)
    request = Request(**base)
    names = [(0, (0,), 0), (1, (0,), 0), (0, (1,), 0), (0, (0, 0), 0), (0, (0,), 1)]
    assert len({Draw(request, *name).key for name in names}) == len(names)


def test_usage_adds_in_series_and_in_parallel():
    one, other = Usage(1, 10, 5, 1, 0.5, 2.0), Usage(2, 20, 10, 0, 0.25, 3.0)
    assert one + other == Usage(3, 30, 15, 1, 0.75, 5.0)
    assert one | other == Usage(3, 30, 15, 1, 0.75, 3.0)
    assert (one + Usage(1, usd=None)).usd is None, "unknown is not zero"
