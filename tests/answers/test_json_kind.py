"""Tool calls: found in a reply, in one spelling, whatever the reply is."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compound.answers import grade, parse
from compound.core import Ballots, Question, Sample, TaskError

CALL = {"name": "search", "arguments": {"q": "weather", "days": 3}}
VALUE = '{"arguments":{"days":3,"q":"weather"},"name":"search"}'
TEXT = json.dumps(CALL)


def asked(gold=TEXT, **metadata):
    return Question("What to call?", "json", gold, metadata=metadata)


def read(text, finish="stop", **metadata):
    return parse(Sample(text, finish=finish), asked(**metadata))


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        json.dumps(CALL, indent=4),
        f"```json\n{TEXT}\n```",
        f"```\n{TEXT}\n```\nThis asks for the weather.",
        f"I will call {TEXT}, and that is all.",
        f"[{TEXT}]",
        json.dumps({"function": CALL}),
        json.dumps(
            {"type": "function", "id": "1", "function": {**CALL, "arguments": json.dumps(CALL["arguments"])}}
        ),
        json.dumps({"tool_calls": [{"type": "function", "function": CALL}]}),
        json.dumps({"function_call": CALL}),
        json.dumps({"role": "assistant", "content": None, "tool_calls": [{"function": CALL}]}),
        json.dumps({"name": "search", "parameters": CALL["arguments"]}),
        json.dumps({"type": "tool_use", "name": "search", "input": CALL["arguments"]}),
        '{"arguments": {"days": 3.0, "q": "weather"}, "name": " search "}',
        '{"name": "search", "arguments": {"days": 30e-1, "q": "w\\u0065ather"}}',
        '{"name": "other", "arguments": {}} is wrong; ' + TEXT,
        "A 12\" pipe {see [1]}, it's {not} JSON. " + TEXT + ' As I said: "{".',
        f"The result {{}} or [] or [1, 2]: {TEXT} gives [3].",
        f"<tool_call>\n{TEXT}\n</tool_call>",
        f"Schema: {{name, arguments}} → {TEXT}",
    ],
)
def test_a_call_is_found_wherever_it_stands(text):
    assert read(text) == VALUE
    assert grade(read(text), asked())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I would not call anything.",
        "{}",
        "[]",
        "[1, 2]",
        '"search"',
        '{"arguments": {"q": 1}}',
        '{"name": 3, "arguments": {}}',
        '{"name": "", "arguments": {}}',
        '{"name": "f", "arguments": 3}',
        '{"name": "f", "arguments": [1]}',
        '{"name": "f", "arguments": "{not json"}',
        '{"name": "f", "arguments": {"x": NaN}}',
        '{"name": "f", "arguments": {"x": -Infinity}}',
        "{'name': 'f', 'arguments': {}}",
        '{"name": "f", "arguments": {}',
        '[{"name": "f", "arguments": {}}, 3]',
        '{"name": "f" "arguments": {}}',
    ],
)
def test_t10_a_reply_without_a_call_abstains(text):
    assert read(text) is None
    assert not grade(read(text), asked())


def test_the_last_call_wins_and_several_at_once_are_one_answer():
    first, second = '{"name": "a", "arguments": {}}', '{"name": "b", "arguments": {}}'
    assert read(f"{first} no, {second}") == '{"arguments":{},"name":"b"}'
    assert read(f"[{first}, {second}]") == '[{"arguments":{},"name":"a"},{"arguments":{},"name":"b"}]'
    assert read(f"[{second}, {first}]") != read(f"[{first}, {second}]")


def test_the_modes_say_what_counts():
    assert read(TEXT, match="name") == '{"name":"search"}'
    assert read(TEXT, match="arguments") == '{"arguments":{"days":3,"q":"weather"}}'
    assert read(TEXT, match="name_and_arguments") == VALUE
    other = '{"name": "find", "arguments": {"q": "weather", "days": 3}}'
    assert read(other, match="arguments") == read(TEXT, match="arguments")
    assert read(other) != read(TEXT)
    assert grade(read('{"name": "search", "arguments": {"q": "x"}}', match="name"), asked(match="name"))


def test_excluded_arguments_never_count_at_any_depth():
    now = '{"name": "search", "arguments": {"q": "weather", "days": 3, "timestamp": 17, "o": [{"timestamp": 1}]}}'
    then = '{"name": "search", "arguments": {"q": "weather", "days": 3, "timestamp": 18, "o": [{}]}}'
    assert read(now) != read(then)
    assert read(now, exclude=["timestamp"]) == read(then, exclude=["timestamp"])
    assert "timestamp" not in read(now, exclude=["timestamp"])
    assert grade(read(now, exclude=("timestamp", "o")), asked(exclude=("timestamp", "o")))
    assert "name" in read('{"name": "f", "arguments": {}}', exclude=["name"]), "only arguments are excluded"


@pytest.mark.parametrize("metadata", [{"match": "nmae"}, {"match": 3}, {"exclude": 3}, {"exclude": [1]}])
def test_a_wrong_mode_or_exclusion_is_the_users_error(metadata):
    with pytest.raises(TaskError, match=r"match|exclude"):
        read(TEXT, **metadata)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("1", "1.0", True), ("1", "1e0", True), ("100", "1e2", True), ("0", "-0.0", True), ("0.1", "1e-1", True),
        ("1", '"1"', False), ("1", "true", False),
        ("0", "false", False), ("0", "null", False), ('""', "null", False),
        ("0.1", "0.10000000000000001", False), ("9007199254740993", "9007199254740992", False),
        ("12345678901234567890123456789012345", "12345678901234567890123456789012346", False),
        ("[1,2]", "[2,1]", False), ("-1.50", "-15e-1", True),
        ("1e500", "10e499", True), ("1e-500", "0.1e-499", True),
        ('{"a":1,"b":2}', '{"b":2,"a":1}', True), ('{"a":1,"a":2}', '{"a":2}', True),
        ('"\\u00e9"', '"é"', True),
        ("1e999999999", "1e999999998", False), ("1e99999999999", "1e99999999998", False),
        ("123456789012345678901234567890.0", "123456789012345678901234567890", True),
    ],
)  # fmt: skip
def test_arguments_are_compared_by_value_and_exactly(one, other, same):
    values = [read(f'{{"name": "f", "arguments": {{"x": {x}}}}}') for x in (one, other)]
    assert None not in values
    assert (values[0] == values[1]) is same


def test_a_truncated_reply_counts_only_outside_brackets():
    assert read(f"{TEXT} which", finish="length") == VALUE
    assert read(f'{TEXT} or rather {{"name": "find", "argu', finish="length") is None
    assert read(f"[{TEXT}, ", finish="length") is None
    assert read(TEXT[:-1], finish="length") is None
    assert read(TEXT, finish="refusal") is None


def test_a_line_break_inside_a_string_is_forgiven():
    assert read('{"name": "f", "arguments": {"x": "a\nb } c"}}') == '{"arguments":{"x":"a\\nb } c"},"name":"f"}'


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)
ARGUMENTS = st.dictionaries(st.text(max_size=5), JSON, max_size=4)


def turned(found):
    """The same JSON with the keys of every object in another order."""
    if isinstance(found, dict):
        return {key: turned(found[key]) for key in reversed(found)}
    return [turned(part) for part in found] if isinstance(found, list) else found


@given(st.text(min_size=1, max_size=8).filter(lambda name: name.strip()), ARGUMENTS)
def test_a_value_reads_as_itself_and_no_spelling_changes_it(name, arguments):
    call = {"name": name, "arguments": arguments}
    gold = json.dumps(call)
    value = read(gold)
    assert value is not None
    assert read(value) == value
    assert value.isascii()
    inner = {"name": name, "arguments": json.dumps(arguments)}
    for spelled in (
        json.dumps(turned(call)),
        json.dumps(call, indent=1, ensure_ascii=False),
        f"```json\n{gold}\n```",
        json.dumps({"function": inner}),
    ):
        assert read(spelled) == value
        assert grade(read(spelled), asked(gold))
    assert sorted(json.loads(value)["arguments"]) == sorted(arguments)


@given(st.lists(st.sampled_from([TEXT, '{"name":"a","arguments":{}}', "none"]), max_size=8), st.randoms())
def test_votes_do_not_depend_on_the_order(texts, rng):
    votes = Ballots(tuple(read(text) for text in texts))
    mixed = Ballots(tuple(read(text) for text in rng.sample(texts, len(texts))))
    assert votes.counts == mixed.counts
    assert votes.abstained == texts.count("none")


UNITS = [
    "{", "[", "}", "]", '{"a":', '[{"a":[', '"', '\\"', "{}", "[]", '{"', '{"a":1,', "{[", "]}", '{"name":"f",',
    "\\", '{"name":"f","arguments":"', "\n", "{'", "```json\n{", '{"\\', "\ud800", "\0", "[1,", '["', '[""', '"{',
    '{"name":"f","arguments":{}}', '{"name":"f","arguments":{"x":1e9999}}', '{"a":{}}', "NaN", '{"x":NaN}',
    '{"name":"a","arguments":{"x":', "9",
]  # fmt: skip


@pytest.mark.parametrize("unit", UNITS)
def test_a_megabyte_is_read_in_a_moment(unit):
    began = time.process_time()
    for text in (
        unit * (1_000_000 // len(unit)),
        '{"name":"f","arguments":{"x":' + unit * (90_000 // len(unit)) + "}}",
    ):
        for finish in ("stop", "length"):
            value = read(text, finish)
            assert value is None or len(value) < 300_000
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"name":"f","arguments":{"x":' + "9" * 90_000 + "}}", True),
        ('{"name":"f","arguments":{"x":1e' + "9" * 90_000 + "}}", True),
        ('{"name":"f","arguments":{"x":0.' + "0" * 90_000 + "1}}", True),
        ('{"name":"f","arguments":' + '{"a":' * 50 + "1" + "}" * 51, True),
        ('{"name":"f","arguments":' + '{"a":' * 5000 + "1" + "}" * 5001, False),
        ("[" * 100_000 + TEXT + "]" * 100_000, False),
        ('{"name":"f","arguments":"' + "[" * 90_000 + "]" * 90_000 + '"}', False),
        ("x" * 3_000_000 + TEXT, True),
        (TEXT + "x" * 3_000_000, False),
    ],
)
def test_hostile_json_is_read_or_abstains_in_bounded_time(text, found):
    began = time.process_time()
    assert (read(text) is not None) is found
    assert time.process_time() - began < 3


@settings(max_examples=300)
@given(st.lists(st.one_of(st.sampled_from([*UNITS, TEXT]), st.text(max_size=4)), max_size=20))
def test_no_text_raises_and_a_value_is_json(parts):
    value = read("".join(parts))
    if value is not None:
        assert json.loads(value)
        assert read(value) == value
