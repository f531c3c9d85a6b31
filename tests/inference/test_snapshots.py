"""Whatever was read before, in whatever order: the answers are those without snapshots."""

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from inference.events import Message
from inference.state.budget import Budget
from tests.embedded_model import EMBEDDED_MODEL
from tests.inference.warm_engine import (
    PLENTY,
    RECALL,
    Engine,
    after,
    ask,
    assert_equal_without_snapshots,
    cold,
    ideal,
    loaded,
    never,
    num_shared,
    prompt_tokens,
    question,
)

MAX_QUESTIONS = 4  # of a conversation; all of their places are then marked in every prompt
OWNERS = ["chat:1", "chat:2", "chat:3", None]
UNHEARD = question("? Zuvu")

indices = st.integers(0, 1000)
losses = {
    "owner": st.sampled_from(OWNERS),
    "share": st.floats(0, 1),
    "ram_bytes": st.integers(0, 1 << 20),
}


class Chats(RuleBasedStateMachine):
    """Conversations with a model, and what is sure to be known of them.

    known: for each prompt since the last loss its owner, its tokens, and after how many of them
        its first question begins, or more, where more were reused: up to there, only what earlier
        prompts left behind is sure to be there. A place is up to one token before what is shared.
    """

    path: Path
    systems: tuple[tuple[Message, ...], ...]
    questions: tuple[str, ...]
    num_operations = 0
    num_answers = 0
    num_reused = 0

    @initialize()
    def start(self):
        self.folder = Path(tempfile.mkdtemp())
        self.model = loaded(self.path)
        self.engine = Engine(self.model, self.folder)
        self.chats = []  # (owner, messages up to an answer)
        self.known = []
        self.unsettled = None

    def ask(self, owner, messages):
        prompt = prompt_tokens(self.model, messages)
        expected = self.sure_of(prompt)
        given = assert_equal_without_snapshots(self.engine, messages, owner)
        assert given.reused >= expected - 1
        type(self).num_reused += given.reused
        type(self).num_answers += 1
        self.know(owner, messages, given.reused)
        messages = (*messages, given.message)
        self.unsettled = (owner, messages, given.reused)
        if (owner, messages) not in self.chats:
            self.chats.append((owner, messages))

    def know(self, owner, messages, reused):
        prompt = prompt_tokens(self.model, messages)
        system = messages[: messages[0].role == "system"]
        one, other = (prompt_tokens(self.model, (*system, question(text))) for text in "ab")
        before = ideal(self.model, one, other)
        self.known.append((owner, prompt, max(before, reused + 2)))

    def sure_of(self, prompt):
        """Tokens of the prompt that have to be known, but for the last of them."""
        best = 0
        for _, read, first_place in self.known:
            place = ideal(self.model, prompt, read)
            if place >= first_place:
                best = max(best, place)
        shared = num_shared(self.engine.live, prompt[:-1])
        is_cut = shared < len(self.engine.live)
        if "mamba" in self.model.language_model.config.layer_kinds and is_cut:
            shared = 0
        return max(best, shared + 1)

    def chat(self, index):
        return self.chats[index % len(self.chats)]

    def cut(self, index, max_questions):
        """A conversation and one of its beginnings, which ends with an answer or is empty."""
        owner, messages = self.chat(index)
        first = int(messages[0].role == "system")
        num_questions = (len(messages) - first) // 2
        kept = min(max_questions(num_questions), MAX_QUESTIONS - 1)
        return owner, messages[: first + 2 * kept]

    def counted(self):
        type(self).num_operations += 1

    @rule(owner=st.sampled_from(OWNERS), system=indices, index=indices)
    def begin(self, owner, system, index):
        self.counted()
        system = self.systems[system % len(self.systems)]
        self.ask(owner, (*system, self.question(index)))

    def question(self, index):
        return question(self.questions[index % len(self.questions)])

    @precondition(lambda self: self.chats)
    @rule(index=indices)
    def go_on(self, index):
        self.counted()
        owner, messages = self.cut(-1, lambda count: count)
        self.ask(owner, (*messages, self.question(index)))

    @precondition(lambda self: self.chats)
    @rule(chat=indices, index=indices, early=st.integers(0, MAX_QUESTIONS - 1))
    def branch(self, chat, index, early):
        self.counted()
        owner, messages = self.cut(chat, lambda count: min(early, count))
        self.ask(owner, (*messages, self.question(index)))

    @precondition(lambda self: self.chats)
    @rule(chat=indices, index=indices)
    def edit(self, chat, index):
        self.counted()
        owner, messages = self.cut(chat, lambda count: count - 1)
        self.ask(owner, (*messages, self.question(index)))

    @precondition(lambda self: self.chats)
    @rule(chat=indices)
    def regenerate(self, chat):
        self.counted()
        owner, messages = self.chat(chat)
        self.ask(owner, messages[:-1])

    @precondition(lambda self: self.chats)
    @rule(chat=indices, index=indices, owner=st.sampled_from(OWNERS))
    def copy_to_another_chat(self, chat, index, owner):
        self.counted()
        _, messages = self.cut(chat, lambda count: count)
        self.ask(owner, (*messages, self.question(index)))

    @precondition(lambda self: self.chats)
    @rule(chat=indices, index=indices, count=st.integers(0, 8))
    def stop(self, chat, index, count):
        """What was read so far is of use, and nothing else is kept of it."""
        self.counted()
        owner, messages = self.cut(chat, lambda count: count)
        messages = (*messages, self.question(index))
        given = ask(self.engine, messages, owner, after(count))
        expected = cold(self.model, messages).token_ids
        assert given.token_ids == expected[: len(given.token_ids)]
        self.unsettled = None

    @precondition(lambda self: self.unsettled)
    @rule(count=st.none() | st.integers(0, 2))
    def settle(self, count):
        """count: cut short after so many looks whether it has to."""
        self.counted()
        self.engine.settle(never if count is None else after(count))
        if count is None:
            owner, messages, reused = self.unsettled
            self.know(owner, (*messages, UNHEARD), reused)
            self.unsettled = None

    @rule()
    def restart(self):
        self.counted()
        self.engine = self.engine.restarted()
        self.known = [entry for entry in self.known if entry[0]]
        self.unsettled = None

    @rule(loss=st.sampled_from(["release", "evict", "clear"]), **losses)
    def lose(self, loss, owner, share, ram_bytes):
        self.counted()
        self.engine.flush()
        tree = self.engine._tree
        if loss == "release":
            assert tree.release(owner)
            # What others read after it they own from its beginning.
            self.known = [entry for entry in self.known if entry[0] not in (owner, None)]
            self.unsettled = None
            return
        if loss == "clear":
            assert tree.clear()
        else:
            store = tree._store
            store.set_budget(Budget(ram_bytes, int(store.usage().total_bytes * share), 0))
            tree._ram.shrink(ram_bytes)
            store.set_budget(PLENTY)
        self.known = []
        self.unsettled = None  # what it reads again has no place within it

    def teardown(self):
        if hasattr(self, "engine"):
            self.engine.close()
            shutil.rmtree(self.folder)


class RecallChats(Chats):
    path = RECALL
    systems = ((), (Message("system", "Kita 217 the and of"),), (Message("system", "Lomu 301"),))
    questions = (
        "Baba 101 the garden ? Baba",
        "Dimu 222 rain and snow Fuga 340 over the hill ? Dimu",
        "the old stone bridge ? Kita",
        "? Lomu",
        "Fuga 118 " + "the wind in the forest " * 8 + "? Fuga",
        "? Dimu",
    )


class SmallChats(Chats):
    path = EMBEDDED_MODEL
    systems = ((), (Message("system", "Be brief."),))
    questions = ("What is 2+2?", "Name a colour.", "And then?\n")


def run(machine, num_examples):
    """Says the same every time. Of a failure, no time is spent on making it shorter."""
    machine.num_operations = machine.num_answers = machine.num_reused = 0
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=num_examples,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert machine.num_reused > machine.num_answers


MACHINES = {
    "recall-jamba": (RecallChats, 30),
    "SmolLM2": (SmallChats, 10),
}


@pytest.mark.parametrize("name", MACHINES)
def test_every_answer_is_the_one_without_snapshots(name):
    """And nothing that is known is read again. More than 500 operations in all."""
    machine, num_examples = MACHINES[name]
    run(machine, num_examples)
    assert machine.num_operations >= 12 * num_examples


@pytest.mark.proof
@pytest.mark.parametrize("name", MACHINES)
def test_every_answer_of_many_is_the_one_without_snapshots(name):
    machine, num_examples = MACHINES[name]
    run(machine, 10 * num_examples)
