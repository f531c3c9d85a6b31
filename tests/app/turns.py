"""Turns of the assistant on an engine that remembers what it was asked."""

from app.documents.model import Document
from inference.events import SamplingParams
from inference.fake import FakeEngine

SAMPLING = SamplingParams(temperature=0)


class RecordingEngine(FakeEngine):
    """A fake that remembers what it was asked."""

    def __init__(self, script=None):
        super().__init__(script)
        self.requests = []

    def generate(self, request, cancelled):
        self.requests.append(request)
        return super().generate(request, cancelled)


def send(assistant, text, chat_id=None, **options):
    """The answer at the end of a turn."""
    return list(assistant.send(text, chat_id, sampling=SAMPLING, **options))[-1].answer


def retry(assistant, message_id):
    return list(assistant.retry(message_id, sampling=SAMPLING))[-1].answer


def first(events, kind):
    return next(event for event in events if isinstance(event, kind))


def contents(store, leaf_id):
    return [message.content for message in store.branch(leaf_id)]


class FakeClock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


LEASE = Document("lease.pdf", "the tenant pays for every lamp", 100, 1)
