"""What the engine is told of a chat: its system prompt, documents and branch."""

from app.assistant import Assistant, conversation
from app.documents.model import with_documents
from inference.events import Message
from inference.fake import FakeEngine, Script
from tests.app.turns import LEASE, SAMPLING, retry, send


def test_the_engine_gets_the_system_prompt_and_the_branch(assistant, engine):
    chat_id = send(assistant, "one", system_prompt="Be brief.").chat_id
    send(assistant, "two", chat_id)
    assert engine.requests[-1].sampling is SAMPLING
    assert engine.requests[-1].messages == (
        Message("system", "Be brief."),
        Message("user", "one"),
        Message("assistant", "one"),
        Message("user", "two"),
    )


def test_a_blank_system_prompt_is_none(assistant, engine):
    send(assistant, "one", system_prompt=" \n")
    assert engine.requests[-1].messages == (Message("user", "one"),)


def test_an_answer_cut_short_counts_as_far_as_it_goes(assistant, engine):
    chat_id = send(assistant, "one !error").chat_id
    send(assistant, "two", chat_id)
    assert [message.content for message in engine.requests[-1].messages] == [
        "one !error",
        "one ",
        "two",
    ]


def test_the_engine_gets_the_reasoning_of_earlier_answers(assistant, engine):
    """Templates ask for it, and only they know what to drop."""
    chat_id = send(assistant, "!think 2 one").chat_id
    send(assistant, "two", chat_id)
    assert engine.requests[-1].messages[1] == Message("assistant", "one", "thought1 thought2")


def test_an_answer_that_ended_while_thinking_keeps_its_question_in_the_conversation(
    assistant, engine
):
    """The next message may well be about it: "Think less." """
    chat_id = send(assistant, "!think 2").chat_id
    send(assistant, "two", chat_id)
    assert engine.requests[-1].messages == (
        Message("user", "!think 2"),
        Message("assistant", "", "thought1 thought2"),
        Message("user", "two"),
    )


def test_a_question_without_an_answer_is_left_out(assistant, engine):
    """A question too long for the context would otherwise fail every later one too."""
    chat_id = send(assistant, "word " * 9000).chat_id
    send(assistant, "word " * 9000, chat_id)
    answer = send(assistant, "short", chat_id)
    assert engine.requests[-1].messages == (Message("user", "short"),)
    assert answer.status == "complete"


def test_answers_in_a_row_are_told_as_one(store):
    """An import leaves the tools out that stood between them."""
    chat = store.create_chat()
    parent = store.append_message(chat.id, None, "user", "Look it up").id
    for text in ("I'll search.", "Found."):
        parent = store.append_message(chat.id, parent, "assistant", text).id
    assert conversation("", store.branch(parent)) == (
        Message("user", "Look it up"),
        Message("assistant", "I'll search.\n\nFound."),
    )


def test_roles_alternate_whatever_the_branch_holds(store):
    chat_id = store.create_chat("Be brief.").id
    leaf = None
    for role, content in [
        ("user", "lost"),
        ("user", "one"),
        ("assistant", "first"),
        ("user", "unanswered"),
        ("assistant", " "),
        ("user", "two"),
    ]:
        leaf = store.append_message(chat_id, leaf, role, content).id
    messages = conversation("", store.branch(leaf))
    assert [message.content for message in messages] == ["one", "first", "two"]


def test_documents_of_a_new_chat_are_told_before_everything_else(assistant, engine, store):
    answer = send(assistant, "who pays", system_prompt="Be brief.", documents=[LEASE])
    assert store.documents(answer.chat_id) == [LEASE]
    system, question = engine.requests[0].messages
    assert system == Message("system", with_documents("Be brief.", [LEASE]))
    assert question == Message("user", "who pays")
    send(assistant, "and then", answer.chat_id)
    assert engine.requests[1].messages[0] == system


def test_a_document_of_a_chat_that_goes_on_is_told_from_then_on(assistant, engine, store):
    first = send(assistant, "hello")
    send(assistant, "who pays", first.chat_id, documents=[LEASE])
    assert [message.role for message in engine.requests[1].messages] == [
        *("system", "user", "assistant", "user")
    ]
    store.detach_document(first.chat_id, LEASE)
    retry(assistant, store.chat(first.chat_id).leaf_id)
    assert engine.requests[2].messages[0].role == "user"


def test_a_second_chat_with_the_same_documents_reuses_what_was_read_of_them(store):
    assistant = Assistant(store, FakeEngine(Script(keeps_prompts=True)))
    first = send(assistant, "who pays", system_prompt="Be brief.", documents=[LEASE])
    told = len(with_documents("Be brief.", [LEASE]).split())
    assert first.stats.reused_tokens == 0
    second = send(assistant, "and when", system_prompt="Be brief.", documents=[LEASE])
    assert second.chat_id != first.chat_id
    assert second.stats.reused_tokens == told
    other = send(assistant, "and when", system_prompt="Be long.", documents=[LEASE])
    assert other.stats.reused_tokens == 0


def test_an_estimate_counts_the_documents(assistant, store):
    list(assistant.load())
    chat = store.create_chat()
    before = assistant.estimate_text("who pays", chat.id, None)
    store.attach_documents(chat.id, [LEASE])
    after = assistant.estimate_text("who pays", chat.id, None)
    told = len(with_documents("", [LEASE]).split())
    assert after.prompt_tokens - before.prompt_tokens == told


def test_tokens_are_counted_once_the_model_is_there(store):
    class Counting(FakeEngine):
        num_counts = 0

        def count_tokens(self, text):
            self.num_counts += 1
            return super().count_tokens(text)

    engine = Counting()
    assistant = Assistant(store, engine)
    assert assistant.count_tokens("one two") is None
    list(assistant.load())
    assert [assistant.count_tokens("one two"), assistant.count_tokens("one two")] == [2, 2]
    assert engine.num_counts == 2
