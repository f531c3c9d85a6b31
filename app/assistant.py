"""Turns of a conversation: a question is stored, answered by an engine, and the answer stored.

Knows neither how an answer is computed nor how anything is shown.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Literal, cast

from app.chats.model import Chat, MessageStatus, StoredMessage, TurnStats
from app.chats.store import ChatStore, title_from
from app.documents.model import Document, with_documents
from app.errors import AppError
from app.events import TurnEnded, TurnEvent, TurnStarted
from app.kept_state import chat_owner
from app.summary import SummaryEnded, SummaryEvent, summarize
from app.titles import make_title
from inference.engine import Engine
from inference.errors import InferenceError, InvalidRequestError
from inference.events import (
    Estimate,
    Event,
    Finished,
    LoadEvent,
    Message,
    ReasoningDelta,
    Request,
    SamplingParams,
    TextDelta,
)

logger = logging.getLogger(__name__)

SAVE_SECONDS = 1.0


class Assistant:
    """Answers one question at a time. Everything but `stop` and `close` belongs to one thread.

    The iterators of `send`, `retry` and `continue_answer` may be closed early; the text so far is
    then kept as a stopped answer.
    """

    def __init__(
        self, store: ChatStore, engine: Engine, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._store = store
        self._engine = engine
        self._clock = clock
        self._stop: threading.Event | None = None  # of the turn in progress
        self._counts: dict[bytes, int] = {}  # of tokens, by the hash of the text

    def load(self) -> Iterator[LoadEvent]:
        """See Engine.load."""
        return self._engine.load()

    def send(
        self,
        text: str,
        chat_id: int | None = None,
        *,
        sampling: SamplingParams,
        system_prompt: str = "",
        model: str = "",
        parent_id: int | Literal["leaf"] | None = "leaf",
        documents: Sequence[Document] = (),
    ) -> Iterator[TurnEvent]:
        """Store a question and stream its answer.

        Args:
            chat_id: None begins a chat. One without a title gets the first words of the text.
            system_prompt: of a new chat; an existing one keeps its own.
            model: the name to store with the answer.
            parent_id: the message that the question follows: "leaf" is the last one on show, an
                earlier one makes a branch there, None makes another first message.
            documents: that the chat is given besides those that it has.

        Raises:
            InvalidRequestError: the text is blank; nothing is stored.
            AppError: the question can't be stored.
        """
        if not text.strip():
            raise InvalidRequestError("There is nothing to send: write a message first.")
        if chat_id is None:
            question = self._begin_chat(text, system_prompt, documents)
        else:
            chat = self._store.chat(chat_id)
            if not chat.title and chat.leaf_id is None:
                self._store.rename(chat_id, title_from(text), typed=False)
            if documents:
                self._store.attach_documents(chat_id, documents)
            if parent_id == "leaf":
                parent_id = chat.leaf_id
            question = self._store.append_message(chat_id, parent_id, "user", text)
        yield from self._answer(question, self._new_answer(question, model), sampling)

    def retry(
        self, message_id: int, *, sampling: SamplingParams, model: str = ""
    ) -> Iterator[TurnEvent]:
        """Answer the question of an answer once more, or a question that has no answer.

        The new answer is another version beside the old one. Only an old one without any text or
        reasoning is replaced: there is nothing in it to go back to.

        Raises:
            AppError: the message isn't there, or the new answer can't be stored.
        """
        old = self._store.message(message_id)
        if old.role == "user":
            question, answer = old, self._new_answer(old, model)
        elif old.parent_id is None:
            raise AppError("This message answers no question, so it can't be tried again.")
        else:
            question = self._store.message(old.parent_id)
            if says_anything(old) or self._store.children(old.chat_id, old.id):
                answer = self._new_answer(question, model)
            else:
                answer = self._store.update_answer(
                    old.id, content="", reasoning="", status="partial", error="", model=model
                )
                self._store.set_leaf(old.chat_id, old.id)
        yield from self._answer(question, answer, sampling)

    def continue_answer(
        self, message_id: int, *, sampling: SamplingParams, model: str = ""
    ) -> Iterator[TurnEvent]:
        """Go on with an answer that was cut short, where it is; its text so far is kept.

        Raises:
            AppError: the message isn't there, is no answer, has ended by itself or isn't the last.
        """
        answer = self._store.message(message_id)
        if self._store.children(answer.chat_id, answer.id):
            raise AppError("Other messages follow this answer, so it can't go on.")
        question_id = answer.parent_id
        if answer.role != "assistant" or question_id is None or not can_continue(answer):
            raise AppError("This message isn't an answer that was cut short, so it can't go on.")
        # Half a character may be left where it was cut; the model draws it again.
        answer = replace(answer, content=answer.content.removesuffix("\N{REPLACEMENT CHARACTER}"))
        stored = self._store.update_answer(
            answer.id, content=answer.content, status="partial", error="", model=model
        )
        self._store.set_leaf(answer.chat_id, answer.id)
        question = self._store.message(question_id)
        yield from self._answer(question, stored, sampling)

    def estimate(self, message_id: int) -> Estimate | None:
        """What an answer to a question would have to read; of an answer, to its question again.

        None while the model isn't loaded, or is at work.

        Raises:
            AppError: the message isn't there.
            InferenceError: the conversation can't be answered.
        """
        message = self._store.message(message_id)
        question_id = message.id if message.role == "user" else message.parent_id
        if question_id is None:
            return None
        chat = self._store.chat(message.chat_id)
        return self._engine.estimate(self._request(chat, question_id, SamplingParams()))

    def estimate_continue(self, message_id: int) -> Estimate | None:
        """The same of going on with an answer."""
        message = self._store.message(message_id)
        chat = self._store.chat(message.chat_id)
        return self._engine.estimate(self._request(chat, message.id, SamplingParams()))

    def estimate_text(self, text: str, chat_id: int, parent_id: int | None) -> Estimate | None:
        """The same of a question that isn't stored yet, after the message `parent_id`."""
        messages = self._messages(self._store.chat(chat_id), parent_id)
        if messages and messages[-1].role == "user":  # a question without an answer is left out
            messages = messages[:-1]
        return self._engine.estimate(Request((*messages, Message("user", text))))

    def estimate_messages(self, messages: tuple[Message, ...]) -> Estimate | None:
        """The same of any messages, the last one a question."""
        return self._engine.estimate(Request(messages))

    def summarize(
        self, messages: tuple[Message, ...], *, sampling: SamplingParams
    ) -> Iterator[SummaryEvent | LoadEvent]:
        """Have the model sum up a conversation; nothing is stored. Ends with one SummaryEnded."""
        stop = self._stop = threading.Event()
        try:
            yield from summarize(self._engine, messages, sampling, stop.is_set)
        except InferenceError as error:
            logger.warning("the summary failed", exc_info=True)
            yield SummaryEnded(error="" if stop.is_set() else str(error))
        except Exception:
            logger.exception("bug while summing up")
            yield SummaryEnded(error="Something went wrong inside Eremo. The log says what.")
        finally:
            if self._stop is stop:
                self._stop = None

    def count_tokens(self, text: str) -> int | None:
        """See Engine.count_tokens. What was counted once is known."""
        key = sha256(text.encode("utf-8", "surrogatepass")).digest()
        if key not in self._counts:
            count = self._engine.count_tokens(text)
            if count is None:
                return None
            self._counts[key] = count
        return self._counts[key]

    def settle(self, cancelled: Callable[[], bool] = lambda: False) -> None:
        """After an answer: have the engine make ready for the next question. Can be left out."""
        with contextlib.suppress(InferenceError):
            self._engine.settle(cancelled)

    def make_title(self, chat_id: int, cancelled: Callable[[], bool]) -> Chat | None:
        """See app.titles.make_title."""
        return make_title(self._store, self._engine, chat_id, cancelled)

    @property
    def is_stopping(self) -> bool:
        """Whether the turn in progress was told to end."""
        stop = self._stop
        return stop is not None and stop.is_set()

    def stop(self) -> None:
        """End the turn in progress, if there is one. May be called from any thread."""
        if stop := self._stop:
            stop.set()

    def close(self) -> None:
        """Stop, and free the engine. May be called from any thread."""
        self.stop()
        self._engine.close()

    def _begin_chat(
        self, text: str, system_prompt: str, documents: Sequence[Document]
    ) -> StoredMessage:
        chat = self._store.create_chat(system_prompt)
        try:
            self._store.rename(chat.id, title_from(text), typed=False)
            self._store.attach_documents(chat.id, documents)
            return self._store.append_message(chat.id, None, "user", text)
        except AppError:
            with contextlib.suppress(AppError):
                self._store.purge_chats([chat.id])  # an empty chat is of no use to anybody
            raise

    def _new_answer(self, question: StoredMessage, model: str) -> StoredMessage:
        return self._store.append_message(
            question.chat_id, question.id, "assistant", "", "partial", model
        )

    def _answer(
        self, question: StoredMessage, answer: StoredMessage, sampling: SamplingParams
    ) -> Iterator[TurnEvent]:
        chat = self._store.chat(question.chat_id)
        goes_on = says_anything(answer)
        request = self._request(chat, answer.id if goes_on else question.id, sampling)
        draft = _Draft(self._store, answer, self._clock)
        stop = self._stop = threading.Event()
        try:
            yield TurnStarted(chat, question, answer)
            if stop.is_set():  # before the model was loaded
                ended = draft.end("stopped")
            else:
                yield from self._generate(request, draft, stop)
                ended = draft.end_as_finished()
        except InferenceError as error:
            logger.warning("the answer failed", exc_info=True)
            # After a stop it is of no interest any more why the engine ended.
            ended = draft.end("stopped") if stop.is_set() else draft.end("failed", str(error))
        except Exception:
            logger.exception("bug while answering")
            ended = draft.end("failed", "Something went wrong inside Eremo. The log says what.")
        except BaseException:  # the iterator was closed, or Ctrl-C
            draft.end("stopped")
            raise
        finally:
            if self._stop is stop:
                self._stop = None
        with contextlib.suppress(AppError):  # then what was read at the start has to do
            chat = self._store.chat(chat.id)
        yield TurnEnded(chat, ended)

    def _request(self, chat: Chat, message_id: int, sampling: SamplingParams) -> Request:
        """After a question, or after an answer that goes on."""
        messages = self._messages(chat, message_id)
        owner = None if chat.is_temporary else chat_owner(chat.id)
        return Request(messages, sampling, owner=owner)

    def _messages(self, chat: Chat, leaf_id: int | None) -> tuple[Message, ...]:
        documents = self._store.documents(chat.id)
        return conversation(chat.system_prompt, self._store.branch(leaf_id), documents)

    def _generate(
        self, request: Request, draft: "_Draft", stop: threading.Event
    ) -> Iterator[TurnEvent]:
        def cancelled() -> bool:
            draft.save_if_due()  # here, since it is asked also while the engine is silent
            return stop.is_set()

        events = self._engine.generate(request, cancelled)
        # Engines are generators: closing one early is what makes it ready for the next request.
        with contextlib.closing(cast("Generator[Event, None, None]", events)):
            for event in events:
                if isinstance(event, Finished):
                    draft.finished = event
                    continue
                if isinstance(event, ReasoningDelta | TextDelta):
                    draft.add(event)
                yield event


class _Draft:
    """An answer while it is written. What can't be saved isn't lost to who is reading it."""

    def __init__(self, store: ChatStore, answer: StoredMessage, clock: Callable[[], float]) -> None:
        self.finished: Finished | None = None
        self._store = store
        self._answer = answer
        self._clock = clock
        self._stats_before = answer.stats if says_anything(answer) else None
        self._reasoning = [answer.reasoning]  # pieces
        self._text = [answer.content]
        self._is_saved = True
        self._looked_at = clock()

    def add(self, delta: ReasoningDelta | TextDelta) -> None:
        pieces = self._reasoning if isinstance(delta, ReasoningDelta) else self._text
        pieces.append(delta.text)
        self._is_saved = False

    def save_if_due(self) -> None:
        now = self._clock()
        if self._is_saved or now - self._looked_at < SAVE_SECONDS:
            return
        self._looked_at = now
        try:
            self._store.update_answer(
                self._answer.id, content="".join(self._text), reasoning="".join(self._reasoning)
            )
            self._is_saved = True
        except AppError:  # the disk may have room again by the end
            logger.warning("the answer so far can't be saved", exc_info=True)

    def end_as_finished(self) -> StoredMessage:
        if self.finished is None:
            raise RuntimeError("the engine ended without a Finished")
        status: MessageStatus = "stopped" if self.finished.reason == "cancelled" else "complete"
        return self.end(status, stats=turn_stats(self.finished, self._stats_before))

    def end(
        self, status: MessageStatus, error: str = "", stats: TurnStats | None = None
    ) -> StoredMessage:
        """The answer as it is stored now; where storing fails, as it would have been."""
        content, reasoning = "".join(self._text), "".join(self._reasoning)
        try:
            return self._store.update_answer(
                self._answer.id,
                content=content,
                reasoning=reasoning,
                status=status,
                error=error,
                stats=stats,
            )
        except AppError as failure:
            logger.warning("the answer can't be saved", exc_info=True)
            return replace(
                self._answer,
                content=content,
                reasoning=reasoning,
                status="failed",
                error=f"This answer isn't saved; copy it to keep it. {failure}",
                stats=stats,
            )


def turn_stats(finished: Finished, before: TurnStats | None) -> TurnStats:
    """What the answer cost; with `before`, those of the part that it went on from, as a whole."""
    stats = TurnStats(
        finish_reason=finished.reason,
        prompt_tokens=finished.prompt_tokens,
        reused_tokens=finished.reused_tokens,
        completion_tokens=finished.completion_tokens,
        prefill_seconds=finished.prefill_seconds,
        decode_seconds=finished.decode_seconds,
        reasoning_tokens=finished.reasoning_tokens,
    )
    if before is None:
        return stats
    return replace(
        before,
        finish_reason=finished.reason,
        completion_tokens=before.completion_tokens + finished.completion_tokens,
        decode_seconds=before.decode_seconds + finished.decode_seconds,
        reasoning_tokens=before.reasoning_tokens + finished.reasoning_tokens,
    )


def conversation(
    system_prompt: str, branch: Sequence[StoredMessage], documents: Sequence[Document] = ()
) -> tuple[Message, ...]:
    """What the model is told of a branch: question and answer in turn, as chat templates demand.

    The documents stand right after the system prompt.

    An answer that was cut short counts as far as it goes, also where it ended while thinking.
    One without a word is left out together with its question: a second question in a row would
    break templates, and a question that is too long for the context would fail every later one.
    """
    messages: list[Message] = []
    system = with_documents(system_prompt, documents)
    if system.strip():
        messages.append(Message("system", system))
    for message in branch:
        if message.role == "assistant" and not says_anything(message):
            continue
        if message.role == "user" and messages and messages[-1].role == "user":
            messages.pop()
        if message.role == "assistant" and messages and messages[-1].role == "assistant":
            messages.append(_joined(messages.pop(), message))  # imported, with a tool between
            continue
        messages.append(Message(message.role, message.content, message.reasoning))
    return tuple(messages)


def _joined(first: Message, second: StoredMessage) -> Message:
    content = "\n\n".join(filter(None, (first.content, second.content)))
    reasoning = "\n\n".join(filter(None, (first.reasoning, second.reasoning)))
    return Message("assistant", content, reasoning)


def can_continue(answer: StoredMessage) -> bool:
    """Whether the answer was cut short after a word: by a stop, a failure or its length limit."""
    is_whole = answer.status == "complete" and (
        answer.stats is None or answer.stats.finish_reason != "length"
    )
    return says_anything(answer) and not is_whole


def says_anything(answer: StoredMessage) -> bool:
    """Whether the model came as far as a word of its text or of its reasoning."""
    return bool(answer.content.strip() or answer.reasoning.strip())
