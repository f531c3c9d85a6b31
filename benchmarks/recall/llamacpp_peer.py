"""Greedy continuations by llama.cpp; run by vs_llamacpp.py with an interpreter that has it.

Needs llama-cpp-python and NumPy, nothing of Eremo.

    python llamacpp_peer.py MODEL TASK RESULT
"""

import json
import sys
from pathlib import Path

import llama_cpp
import numpy as np


def main(model_path: str, task_path: str, result_path: str) -> None:
    """RESULT is an .npy: the logits before each token, (prompts, num_tokens, vocab), float32."""
    task = json.loads(Path(task_path).read_text("utf-8"))
    model = llama_cpp.Llama(model_path, n_ctx=1024, n_batch=1024, n_threads=1, verbose=False)
    logits = []
    for prompt in task["prompts"]:
        model.reset()
        for _ in range(task["num_tokens"]):
            model.eval(prompt)
            logits.append(last_logits(model))
            allowed = logits[-1].copy()
            allowed[task["forbidden"]] = -np.inf
            prompt = [int(allowed.argmax())]
    shape = (len(task["prompts"]), task["num_tokens"], -1)
    np.save(result_path, np.stack(logits).reshape(shape))


def last_logits(model: llama_cpp.Llama) -> np.ndarray:
    pointer = llama_cpp.llama_get_logits_ith(model.ctx, -1)
    return np.ctypeslib.as_array(pointer, (model.n_vocab(),)).copy()


if __name__ == "__main__":
    main(*sys.argv[1:])
