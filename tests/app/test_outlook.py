"""What a chat's context holds, what the next steps would read, and what is kept of it."""

import functools

from app.assistant import Assistant
from app.documents.model import Document, as_told, with_documents
from app.outlook import OTHER_QUESTION, kept_of, look_ahead
from app.paths import DataPaths
from inference.errors import ContextOverflowError
from inference.events import Estimate
from inference.fake import FakeEngine


def estimate_words(reused, messages):
    """A word is a token, one more opens a question, and `reused` tokens are kept."""
    system = sum(len(m.content.split()) for m in messages if m.role == "system")
    total = sum(len(m.content.split()) for m in messages) + 1
    return Estimate(total, min(reused, system), None, system)


def branch_of(store, *texts):
    chat = store.create_chat()
    leaf = None
    for number, text in enumerate(texts):
        role = "assistant" if number % 2 else "user"
        leaf = store.append_message(chat.id, leaf and leaf.id, role, text, "complete")
    return store.branch(leaf.id)


def test_a_new_chat_costs_what_is_not_kept_of_its_system_prompt():
    ahead = look_ahead(functools.partial(estimate_words, 2), "be brief and kind", [], "")
    assert (ahead.system, ahead.new_chat_reads, ahead.edit_reads, ahead.draft) == (4, 2, None, 0)


def test_an_edit_of_the_first_question_reads_it_and_what_is_not_kept_before_it(store):
    branch = branch_of(store, "one two three", "an answer")
    kept = look_ahead(functools.partial(estimate_words, 4), "be brief and kind", branch, "")
    assert (kept.new_chat_reads, kept.edit_reads) == (0, 4)
    lost = look_ahead(functools.partial(estimate_words, 0), "be brief and kind", branch, "")
    assert (lost.new_chat_reads, lost.edit_reads) == (4, 8)


def test_a_draft_counts_without_what_stands_before_it(store):
    branch = branch_of(store, "one two three", "an answer")
    ahead = look_ahead(functools.partial(estimate_words, 0), "be brief", branch, "four five")
    assert ahead.draft == 3


def test_a_model_that_is_not_loaded_tells_nothing(store):
    assistant = Assistant(store, FakeEngine())
    assert look_ahead(assistant.estimate_messages, "", [], "words") is None
    list(assistant.load())
    assert look_ahead(assistant.estimate_messages, "", [], "words").draft == 1
    assert OTHER_QUESTION.strip()


def test_branches_are_counted_by_their_ends(store, data_dir):
    paths = DataPaths(data_dir)
    branch = branch_of(store, "one", "answer")
    chat_id = branch[0].chat_id
    assert kept_of(chat_id, store, paths).num_branches == 1
    store.append_message(chat_id, branch[0].id, "assistant", "another answer", "complete")
    store.append_message(chat_id, None, "user", "another question")
    kept = kept_of(chat_id, store, paths)
    assert (kept.num_branches, kept.disk_bytes) == (3, 0)


def ahead_with(estimate, documents, *, branch=(), draft=""):
    return look_ahead(
        estimate, "be brief", branch, draft, documents, lambda text: len(text.split())
    )


def test_documents_are_told_one_by_one_and_apart_from_the_system_prompt(store):
    one, other = Document("a.txt", "one two", 7), Document("b.txt", "three", 5)
    counts = [len(as_told(document).split()) for document in (one, other)]
    branch = branch_of(store, "one two three", "an answer")
    ahead = ahead_with(functools.partial(estimate_words, 4), [one, other], branch=branch, draft="x")
    told = len(with_documents("be brief", [one, other]).split())
    assert ahead.documents == tuple(counts)
    assert ahead.system == told - sum(counts)
    assert ahead.new_chat_reads == told - 4
    assert ahead.edit_reads == told - 4 + 4
    assert ahead.draft == 2


def test_documents_that_the_model_can_not_hold_are_counted_all_the_same():
    def estimate(messages):
        if sum(len(message.content.split()) for message in messages) > 100:
            raise ContextOverflowError("too long")
        return Estimate(10, 0, 5.0, 2)

    ahead = ahead_with(estimate, [Document("a.txt", "word " * 200, 1000)], draft="four five")
    assert ahead.documents == (203,)
    assert (ahead.system, ahead.new_chat_reads, ahead.edit_reads) == (2, None, None)
    assert ahead.seconds_per_token == 0.5
