"""Where prompts part: what later prompts of a conversation begin with, token for token."""

import pytest

from inference.chat_template import CHATML, ChatTemplate
from inference.errors import InferenceError
from inference.events import Message
from inference.formats.gguf import open_gguf
from inference.prompt import make_prompt, settled_tokens
from inference.tokenizer import load_tokenizer
from tests.embedded_model import EMBEDDED_MODEL

THINKING = (
    "{% for message in messages %}{{ '<|im_start|>' + message.role + '\n' }}"
    "{% if message.role == 'assistant' and loop.last %}"
    "{{ '<think>' + message.reasoning_content + '</think>' }}{% endif %}"
    "{{ message.content + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n<think>' }}{% endif %}"
)
"""The thoughts of the last answer alone are shown."""
PLAIN = "{% for message in messages %}{{ message.content }} {% endfor %}"
SYSTEM_ONLY_WITH_A_QUESTION = (
    "{% if messages[-1].role == 'system' %}{{ raise_exception('no question') }}{% endif %}" + CHATML
)

SYSTEM = Message("system", "You know <|im_end|> everything.")
TALK = (
    SYSTEM,
    Message("user", "What is 2+2?"),
    Message("assistant", "4.", reasoning="two and two"),
    Message("user", "And 3+3?\n"),
    Message("assistant", "6"),
    Message("user", "\n And 4+4?"),
)


@pytest.fixture(scope="module")
def tokenizer():
    return load_tokenizer(open_gguf(EMBEDDED_MODEL))


@pytest.fixture(
    params=[CHATML, THINKING, SYSTEM_ONLY_WITH_A_QUESTION], ids=["chatml", "thinking", "strict"]
)
def template(request, tokenizer):
    return ChatTemplate(request.param, tokenizer)


def num_shared(one, other):
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), 0)


def marks_and_tokens(tokenizer, template, messages):
    prompt = make_prompt(tokenizer, template, messages)
    assert prompt.marks == sorted(set(prompt.marks))
    return prompt.marks, prompt.token_ids


@pytest.mark.parametrize("end", [2, 4, 6])
def test_regenerating_reads_the_end_of_the_generation_prompt(tokenizer, template, end):
    """The tag that opens thoughts too: a later prompt leaves them out, and goes on before it."""
    marks, token_ids = marks_and_tokens(tokenizer, template, TALK[:end])
    read = b"".join(map(tokenizer.token_bytes, token_ids[marks[-1] :])).decode()
    assert read == ("\n<think>" if template.source == THINKING else "\n")


@pytest.mark.parametrize("end", [2, 4])
def test_an_earlier_question_is_answered_again_from_a_mark(tokenizer, template, end):
    marks, _ = marks_and_tokens(tokenizer, template, TALK)
    earlier = make_prompt(tokenizer, template, TALK[:end]).token_ids
    left = 1 if template.source != THINKING else len(tokenizer.encode("\n<think>", True))
    assert len(earlier) - left in marks


@pytest.mark.parametrize("index", [1, 3, 5])
@pytest.mark.parametrize("edited", ["Else?", " Else?", "\nElse?", "2+2?", "Édité"])
def test_an_edited_question_begins_at_a_mark(tokenizer, template, index, edited):
    """But for the line's end before it, which may be one token with what follows."""
    marks, token_ids = marks_and_tokens(tokenizer, template, TALK)
    other = make_prompt(tokenizer, template, (*TALK[:index], Message("user", edited))).token_ids
    asked = make_prompt(tokenizer, template, (*TALK[:index], Message("user", "!"))).token_ids
    shared = min(num_shared(token_ids, other), num_shared(other, asked))
    assert any(shared - 1 <= mark <= shared for mark in marks)


def test_another_prompt_with_the_same_system_prompt_goes_on_from_a_mark(tokenizer, template):
    marks, token_ids = marks_and_tokens(tokenizer, template, TALK)
    other = make_prompt(tokenizer, template, (SYSTEM, Message("user", "Something else"))).token_ids
    assert any(0 < mark <= num_shared(token_ids, other) for mark in marks)


@pytest.mark.parametrize("end", [3, 5])
def test_the_next_prompt_begins_with_the_settled_tokens(tokenizer, template, end):
    settled = settled_tokens(tokenizer, template, TALK[:end])
    for question in ("And 3+3?", "\n\nlines first", "<|im_start|>", " "):
        following = (*TALK[:end], Message("user", question))
        token_ids = make_prompt(tokenizer, template, following).token_ids
        assert token_ids[: len(settled)] == settled
        question_alone = tokenizer.encode(f"\n{question}", parse_special=False)
        generation_prompt = tokenizer.encode("<|im_end|>\n<|im_start|>assistant\n<think>", True)
        assert len(token_ids) - len(settled) <= len(question_alone) + len(generation_prompt)


def test_what_was_thought_is_left_out_as_the_template_leaves_it_out(tokenizer):
    settled = settled_tokens(tokenizer, ChatTemplate(THINKING, tokenizer), TALK[:3])
    text = b"".join(map(tokenizer.token_bytes, settled)).decode()
    assert "4." in text
    assert "two and two" not in text


def test_a_template_without_control_tokens_has_no_places_to_cut(tokenizer):
    template = ChatTemplate(PLAIN, tokenizer)
    marks, token_ids = marks_and_tokens(tokenizer, template, TALK)
    assert all(0 < mark < len(token_ids) for mark in marks)
    assert settled_tokens(tokenizer, template, TALK[:3]) == []


def test_marks_are_few_however_long_the_conversation_is(tokenizer, template):
    long = (SYSTEM, *(message for _ in range(50) for message in TALK[1:3]), TALK[1])
    assert len(marks_and_tokens(tokenizer, template, long)[0]) <= 10


def test_a_template_that_refuses_parts_of_a_conversation_still_answers_the_whole(tokenizer):
    source = "{% if messages|length < 3 %}{{ raise_exception('too short') }}{% endif %}" + CHATML
    template = ChatTemplate(source, tokenizer)
    marks, token_ids = marks_and_tokens(tokenizer, template, TALK)
    assert len(token_ids) > marks[-1] > 0
    with pytest.raises(InferenceError, match="too short"):
        settled_tokens(tokenizer, template, TALK[:1])


def test_the_beginning_of_an_answer_follows_the_tokens_of_its_question(tokenizer, template):
    """Laid out by the template it would end there, and its tokens might be joined otherwise."""
    question = make_prompt(tokenizer, template, TALK[:2]).token_ids
    begun = Message("assistant", "It is <|im_end|> fo", "two and")
    token_ids = make_prompt(tokenizer, template, (*TALK[:2], begun)).token_ids
    assert token_ids[: len(question)] == question
    rest = token_ids[len(question) :]
    text = b"".join(map(tokenizer.token_bytes, rest)).decode()
    assert text.removeprefix("<think>\n") == "two and\n</think>\n\nIt is <|im_end|> fo"
    assert not any(map(tokenizer.is_control, rest))
