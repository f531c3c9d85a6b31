"""Greedy continuations of the trained Jamba by Eremo and by llama.cpp, from the same GGUF.

Run: python -m benchmarks.recall.vs_llamacpp FOLDER --peer PYTHON

PYTHON is an interpreter with llama-cpp-python, which Eremo itself doesn't need. The GGUF is
written by Eremo, in the folder's own types unless --bits says otherwise. Left alone, the model
ends every text at once and then repeats that; so it is also made to go on, by forbidding the end.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.recall.engine_recall import load, read_in_chunks
from benchmarks.recall.task import END_OF_TEXT_ID, IM_END_ID, make_stream
from inference.conversion import write_model
from inference.local_engine import LoadedModel
from inference.model_source import open_model

PEER = Path(__file__).with_name("llamacpp_peer.py")
LENGTHS = range(50, 601, 28)  # of twenty prompts, in tokens
NUM_TOKENS = 16
FORBIDDEN = {"greedy": [], "greedy, never ending": [END_OF_TEXT_ID, IM_END_ID]}


def make_prompt(length: int, number: int) -> list[int]:
    """Every other one ends with a question, the others in the middle of a document."""
    rng = np.random.default_rng((number, length))
    stream = make_stream(rng, length - 19, num_facts=length // 12, lead_tokens=16)
    return stream.token_ids if number % 2 else stream.token_ids[: length - 2]


def by_eremo(model: LoadedModel, prompts: list[list[int]], forbidden: list[int]) -> np.ndarray:
    """The logits before each token of the continuations, (prompts, NUM_TOKENS, vocab)."""
    logits = []
    for prompt in prompts:
        session = model.language_model.new_session()
        logits.append(read_in_chunks(session, prompt))
        for _ in range(NUM_TOKENS - 1):
            logits.append(session.read([int(chosen(logits[-1], forbidden))]))
    return np.stack(logits).reshape(len(prompts), NUM_TOKENS, -1)


def by_llamacpp(
    python: str, path: Path, prompts: list[list[int]], forbidden: list[int]
) -> np.ndarray:
    task_path, result_path = path.with_suffix(".json"), path.with_suffix(".npy")
    task = {"prompts": prompts, "num_tokens": NUM_TOKENS, "forbidden": forbidden}
    task_path.write_text(json.dumps(task), "utf-8")
    subprocess.run([python, PEER, path, task_path, result_path], check=True)
    return np.load(result_path)


def chosen(logits: np.ndarray, forbidden: list[int]) -> np.ndarray:
    allowed = logits.copy()
    allowed[..., forbidden] = -np.inf
    return allowed.argmax(-1)


def compare(name: str, forbidden: list[int], ours: np.ndarray, theirs: np.ndarray) -> bool:
    """Whether all continuations are equal; prints how equal they are."""
    our_ids, their_ids = chosen(ours, forbidden), chosen(theirs, forbidden)
    equal = (our_ids == their_ids).all(-1)
    after_prompt = np.abs(ours[:, 0] - theirs[:, 0]).max()
    later = np.abs(ours[equal] - theirs[equal]).max() if equal.any() else np.nan
    print(f"{name}: {equal.sum()} of {len(equal)} continuations of {NUM_TOKENS} tokens equal,")
    print(f"  {len(np.unique(our_ids))} different tokens in them; logits differ by at most")
    print(f"  {after_prompt:.1e} after a prompt, {later:.1e} before any token of the equal ones")
    return bool(equal.all())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--peer", default=sys.executable, metavar="PYTHON")
    parser.add_argument("--bits", type=int, choices=(4, 8))
    arguments = parser.parse_args()
    prompts = [make_prompt(length, number) for number, length in enumerate(LENGTHS)]
    print(f"{len(prompts)} prompts of {min(map(len, prompts))} to {max(map(len, prompts))} tokens")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.gguf"
        write_model(open_model(arguments.folder), path, arguments.bits)
        model = load(path, None, 1)
        equal = [
            compare(
                name,
                forbidden,
                by_eremo(model, prompts, forbidden),
                by_llamacpp(arguments.peer, path, prompts, forbidden),
            )
            for name, forbidden in FORBIDDEN.items()
        ]
    return 0 if all(equal) else 1


if __name__ == "__main__":
    sys.exit(main())
