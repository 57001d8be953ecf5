"""Programs take turns, and what cannot be run is told."""

import statistics

from machine import NotRun, say
from report import OURS

not_run = {}


def attempt(name, action):
    """The outcome of an action of a peer; None, and a word in the report, when it cannot be done."""
    try:
        return action()
    except NotRun as reason:
        say(f"{name} is not run: {reason}")
        not_run.setdefault(name, str(reason))
        return None


def alternate(rounds, actions):
    """Every program does its action in turn, round after round. Answers by program, one a round."""
    answers = {name: [] for name in actions}
    for at in range(rounds):
        for name, action in actions.items():
            if name in answers:
                say(f"round {at + 1} of {rounds}: {name}")
                answer = action() if name == OURS else attempt(name, action)
                answers[name].append(answer) if answer is not None else answers.pop(name)
    return answers


def medians(answers):
    """By program, the median of each number of its answers."""
    return {
        name: [statistics.median(numbers) for numbers in zip(*rounds, strict=True)] for name, rounds in answers.items()
    }
