"""A document is read once: the second chat about it begins where the first one did, on SmolLM2."""

from contextlib import closing
from functools import partial

from app.assistant import Assistant
from app.chats.store import ChatStore
from app.documents.model import Document, with_documents
from inference.events import SamplingParams
from inference.load_options import LoadOptions
from inference.local_engine import open_engine
from inference.process import EngineProcess
from tests.embedded_model import EMBEDDED_MODEL

LEASE = Document(
    "lease.txt", "The tenant pays for the lamps, the landlord for the boiler. " * 8, 480
)
SAMPLING = SamplingParams(temperature=0, max_tokens=4)


def ask(assistant, text, documents=(LEASE,)):
    events = list(assistant.send(text, sampling=SAMPLING, system_prompt="x", documents=documents))
    return events[-1].answer


def test_a_second_chat_about_a_document_reads_only_its_question(tmp_path):
    options = LoadOptions(state_dir=tmp_path / "state")
    with ChatStore(":memory:") as store:
        engine = EngineProcess(partial(open_engine, EMBEDDED_MODEL, options))
        with closing(Assistant(store, engine)) as assistant:
            first = ask(assistant, "Who pays for the boiler?").stats
            num_told = assistant.count_tokens(with_documents("x", [LEASE]))
            assert num_told > 100
            assert first.reused_tokens == 0
            second = ask(assistant, "And who for the lamps?").stats
            assert second.reused_tokens >= num_told
            assert second.prompt_tokens - second.reused_tokens < 20
        # And after a restart, from the disk.
        engine = EngineProcess(partial(open_engine, EMBEDDED_MODEL, options))
        with closing(Assistant(store, engine)) as assistant:
            third = ask(assistant, "What else?").stats
            assert third.reused_tokens >= num_told
