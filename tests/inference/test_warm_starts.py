"""After a restart only what is new is read, and it is answered as it would be anew."""

import pytest

from inference.events import Message, ReasoningDelta
from inference.load_options import LoadOptions
from tests.embedded_model import EMBEDDED_MODEL
from tests.inference.warm_engine import (
    NEW,
    PLENTY,
    QUESTIONS,
    RECALL,
    SYSTEM,
    Engine,
    after,
    ask,
    assert_equal_without_snapshots,
    cold,
    copied,
    ideal,
    loaded,
    never,
    num_shared,
    prompt_tokens,
    question,
    request_of,
    text_of,
    told,
)


@pytest.fixture(params=[RECALL, EMBEDDED_MODEL], ids=["recall-jamba", "SmolLM2"])
def model(request):
    return loaded(request.param)


@pytest.fixture
def recall():
    return loaded(RECALL)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "state"


# After a restart


def test_regenerating_reads_one_token(model, folder):
    """Of the generation prompt: the last token of any prompt is read for its logits."""
    engine = Engine(model, folder)
    messages = told(engine)
    for end in (6, 4, 2):
        engine = engine.restarted()
        given = assert_equal_without_snapshots(engine, messages[:end])
        assert given.finished.prompt_tokens - given.reused == 1
        assert given.restored.tokens == given.reused


@pytest.mark.parametrize("end", [1, 3, 5], ids=["first", "second", "last"])
def test_an_edited_question_is_all_that_is_read(model, folder, end):
    """And with it an early branch: what is before it is known."""
    engine = Engine(model, folder)
    messages = told(engine)
    engine = engine.restarted()
    edited = (*messages[:end], NEW)
    given = assert_equal_without_snapshots(engine, edited)
    prompt, before = (prompt_tokens(model, texts) for texts in (edited, messages[:-1]))
    assert given.reused >= ideal(model, prompt, before) - 1 > 0


def test_the_next_turn_reads_the_new_question_alone(model, folder):
    engine = Engine(model, folder)
    messages = told(engine)
    engine = engine.restarted()
    given = assert_equal_without_snapshots(engine, (*messages, NEW))
    other = prompt_tokens(model, (*messages, question("? Zuvu")))
    assert given.reused >= ideal(model, prompt_tokens(model, (*messages, NEW)), other) - 1
    assert given.reused > given.finished.prompt_tokens - 30


@pytest.mark.parametrize("path", [RECALL, EMBEDDED_MODEL], ids=["recall-jamba", "SmolLM2"])
def test_plain_pytorch_restores_too(path, folder, monkeypatch):
    """Into a session that was used: what was made in inference mode is changed in that alone."""
    monkeypatch.setenv("EREMO_KERNELS", "reference")
    model = loaded(path, "reference")
    engine = Engine(model, folder)
    messages = told(engine, QUESTIONS[:2])
    engine = engine.restarted()
    ask(engine, (NEW,), "chat:2")
    given = assert_equal_without_snapshots(engine, messages[:-1])
    assert given.restored.tokens == given.reused
    ask(engine, (NEW,), "chat:2")
    assert assert_equal_without_snapshots(engine, (*messages, NEW)).reused > given.reused


def test_a_long_conversation_is_warm_in_every_turn(recall, folder):
    """Also beyond the turns whose places are marked in each prompt."""
    engine = Engine(recall, folder)
    messages = told(engine, (QUESTIONS * 3)[:12])
    engine = engine.restarted()
    for end in range(1, len(messages), 2):
        edited = (*messages[:end], NEW)
        prompt, before = (prompt_tokens(recall, texts) for texts in (edited, messages[:-1]))
        assert ask(engine, edited, owner="chat:9").reused >= ideal(recall, prompt, before) - 1


def test_another_chat_goes_on_from_the_system_prompt_and_keeps_it(model, folder):
    engine = Engine(model, folder)
    told(engine)
    messages = (SYSTEM, NEW)
    first = ask(engine, messages, "chat:2")
    assert first.reused > 5
    engine.flush()
    assert engine._tree.release("chat:1")
    engine = engine.restarted()
    again = assert_equal_without_snapshots(engine, messages, "chat:2")
    assert again.reused > first.reused


def test_a_temporary_chat_leaves_nothing(recall, folder):
    engine = Engine(recall, folder)
    messages = told(engine, owner=None)
    engine = engine.restarted()
    assert list(folder.rglob("*.safetensors")) == []
    assert ask(engine, messages[:-1]).reused == 0


def test_what_is_asked_aside_leaves_the_conversation_as_it_was(model, folder):
    """A title that the model made threw the chat's state away, and the next turn read it all."""
    engine = Engine(model, folder)
    messages = told(engine)
    engine.flush()
    live, before = engine.live, sorted(folder.rglob("*"))
    events = list(engine.generate(request_of((NEW,), None, aside=True), never))
    assert text_of(events) == cold(model, (NEW,)).text
    engine.settle(never)
    engine.flush()
    assert engine.live == live
    assert sorted(folder.rglob("*")) == before
    given = ask(engine, (*messages, NEW))
    assert given.restored is None
    assert given.reused >= len(live) - 1


def test_what_is_asked_aside_before_the_state_is_settled_leaves_that_to_be_done(recall, folder):
    engine = Engine(recall, folder)
    answered = ask(engine, (SYSTEM, QUESTIONS[0]))
    list(engine.generate(request_of((NEW,), None, aside=True), never))
    engine.settle(never)
    engine = engine.restarted()
    messages = (SYSTEM, QUESTIONS[0], answered.message, NEW)
    other = prompt_tokens(recall, (*messages[:3], question("? Zuvu")))
    assert ask(engine, messages).reused >= ideal(recall, prompt_tokens(recall, messages), other) - 1


# Thinking

THINKING = (
    "{{ bos_token }}{% for message in messages %}{{ '<|im_start|>' + message.role + '\n' }}"
    "{{ message.content + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n<think>\n' }}{% endif %}"
)


@pytest.fixture(scope="module")
def thinking(tmp_path_factory):
    return loaded(copied(tmp_path_factory.mktemp("thinking") / "model", chat_template=THINKING))


def think(engine, messages, monkeypatch):
    """A scripted answer: three thoughts, and one word."""
    tokenizer = engine._model.tokenizer
    script = tokenizer.encode("rain and snow</think>", True) + tokenizer.encode("217", False)
    drawn = iter([*script, tokenizer.eos_id])

    class Sampler:
        def __init__(self, _params):
            pass

        def sample(self, _logits, _token_ids):
            return next(drawn)

    with monkeypatch.context() as patch:
        patch.setattr("inference.sampler.Sampler", Sampler)
        events = list(engine.generate(request_of(messages), never))
    thoughts = "".join(event.text for event in events if isinstance(event, ReasoningDelta))
    assert thoughts.split() == ["rain", "and", "snow"]
    said = "".join(getattr(e, "text", "") for e in events if not isinstance(e, ReasoningDelta))
    assert said.strip() == "217"
    return Message("assistant", said, thoughts)


@pytest.mark.parametrize("settled", [True, False])
@pytest.mark.parametrize("restarted", [True, False])
def test_what_was_thought_is_dropped_while_nobody_waits(
    thinking, folder, monkeypatch, settled, restarted
):
    engine = Engine(thinking, folder)
    messages = (SYSTEM, QUESTIONS[0])
    messages = (*messages, think(engine, messages, monkeypatch), NEW)
    if settled:
        engine.settle(never)
    if restarted:
        engine = engine.restarted()
    given = assert_equal_without_snapshots(engine, messages)
    prompt = prompt_tokens(thinking, messages)
    before = prompt_tokens(thinking, messages[:2])
    other = prompt_tokens(thinking, (*messages[:-1], question("? Zuvu")))
    unsettled = num_shared(prompt, before)
    if settled:
        assert given.reused >= ideal(thinking, prompt, other) - 1 > unsettled
    else:
        assert ideal(thinking, prompt, before) - 1 <= given.reused <= unsettled


# Cut short


def test_settling_may_be_cut_short_anywhere(recall, folder, monkeypatch):
    monkeypatch.setattr("inference.local_engine.SETTLE_CHUNK_TOKENS", 1)
    reused = []
    for count in range(9):
        engine = Engine(recall, folder / str(count))
        messages = (SYSTEM, QUESTIONS[0])
        messages = (*messages, ask(engine, messages).message)
        engine.settle(after(count))
        engine = engine.restarted()
        reused.append(assert_equal_without_snapshots(engine, (*messages, NEW)).reused)
        engine.close()
    assert reused == sorted(reused)
    assert reused[0] < reused[-1]


def test_settling_goes_on_where_it_was_cut_short(recall, folder, monkeypatch):
    """An estimate comes between: what it interrupts isn't lost."""
    monkeypatch.setattr("inference.local_engine.SETTLE_CHUNK_TOKENS", 1)
    engine = Engine(recall, folder)
    messages = (SYSTEM, QUESTIONS[0])
    messages = (*messages, ask(engine, messages).message)
    request = request_of((*messages, NEW))
    for _ in range(100):
        engine.settle(after(2))
        engine.estimate(request)
    engine = engine.restarted()
    settled = prompt_tokens(recall, (*messages, question("? Zuvu")))
    prompt = prompt_tokens(recall, request.messages)
    assert engine.estimate(request).reused_tokens >= ideal(recall, prompt, settled) - 1


@pytest.mark.parametrize("restarted", [True, False])
def test_a_long_prompt_that_was_stopped_goes_on_from_a_checkpoint(
    recall, folder, monkeypatch, restarted
):
    monkeypatch.setattr("inference.local_engine.CHECKPOINT_TOKENS", 64)
    monkeypatch.setattr("inference.local_engine.PREFILL_CHUNK_TOKENS", 16)
    long = question("Kita 217 " + "the wind in the forest " * 60 + "? Kita")
    for count in range(2, 20, 3):
        engine = Engine(recall, folder / str(count))
        stopped = ask(engine, (long,), cancelled=after(count))
        assert stopped.finished.reason == "cancelled"
        num_read = len(engine.live)
        assert 16 < num_read < 301
        if restarted:
            engine = engine.restarted()
        given = assert_equal_without_snapshots(engine, (long,))
        if restarted:
            assert given.reused >= num_read // 64 * 64
        else:
            assert given.reused == num_read
        engine.close()


# Before the click


def test_an_estimate_is_what_the_answer_then_costs(model, folder):
    engine = Engine(model, folder)
    messages = told(engine)
    engine = engine.restarted()
    for asked in (messages[:-1], (*messages, NEW), (*messages[:3], NEW), messages[:2]):
        estimate = engine.estimate(request_of(asked))
        given = ask(engine, asked)
        assert estimate.prompt_tokens == given.finished.prompt_tokens
        assert estimate.reused_tokens == given.reused
        assert estimate.seconds is None or estimate.seconds > 0


def test_the_time_is_estimated_from_what_was_read(recall, folder):
    engine = Engine(recall, folder)
    request = request_of((question("the wind in the forest " * 100),))
    assert engine.estimate(request).seconds is None
    finished = ask(engine, request.messages).finished
    expected = finished.prefill_seconds / finished.prompt_tokens
    other = request_of((question("snow on the old hill " * 50),))
    estimate = engine.estimate(other)
    num_new = estimate.prompt_tokens - estimate.reused_tokens
    assert estimate.seconds == pytest.approx(num_new * expected)


def test_an_estimate_is_no_use(recall, folder):
    """What is only asked about would otherwise stay, and what is used go."""
    engine = Engine(recall, folder)
    messages = told(engine)
    told(engine, QUESTIONS[3:], "chat:2")
    engine.flush()

    def order():
        with engine._tree._store._reading() as connection:
            rows = connection.execute("SELECT id, last_use FROM nodes ORDER BY id").fetchall()
        return rows, list(engine._tree._ram._nodes), engine.live

    before = order()
    for end in (2, 4, 6):
        assert engine.estimate(request_of(messages[:end])).reused_tokens > 0
    assert order() == before


def test_nothing_is_estimated_before_the_model_is_loaded(folder):
    from inference.local_engine import LocalEngine

    options = LoadOptions(state_dir=folder, state_budget=PLENTY)
    assert LocalEngine(RECALL, options).estimate(request_of((NEW,))) is None
    assert not folder.exists()


def test_a_closed_engine_holds_no_file_open(recall, folder):
    """SQLite keeps its log beside an index that is in use, and nobody could remove the folder."""
    engine = Engine(recall, folder)
    told(engine)
    engine.flush()
    engine.close()
    assert [path.name for path in folder.glob("index*")] == ["index.sqlite"]
    engine.close()
