"""Evaluating arms: whole, or piece by piece where a task is large."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from compound.core import Observer, Progressed, Question
from compound.experiment.analysis import ArmCurves, curves_of, joined
from compound.experiment.config import Experiment
from compound.experiment.cost import Prices
from compound.experiment.failures import FailedCall
from compound.experiment.parts import stem, write_part
from compound.experiment.pieces import QUESTIONS, Piece, content_of, in_pieces, key_of, load, only_ours, save
from compound.experiment.pools import Arm, Drawing, draw_arm
from compound.experiment.tally import tally_of
from compound.strategies import write as expression
from compound.strategies.needs import parts


@dataclass
class Evaluation:
    """Draws and evaluates the arms of one run.

    Attributes:
        experiment: the config.
        drawing: how pools are drawn.
        folder: of the run's results.
        failed: the calls that failed so far.
        files: the parts and pieces that belong to this run.
    """

    experiment: Experiment
    drawing: Drawing
    folder: Path
    failed: Sequence[FailedCall] = ()
    files: set[Path] = field(default_factory=set)

    async def draw(self, arm: Arm, observer: Observer) -> None:
        """Draw all questions of an arm that are missing; a large task is evaluated on the way, and let go."""
        questions = arm.task.questions()
        if not in_pieces(arm, len(questions)):
            await draw_arm(self.drawing, arm, questions, observer)
            return
        for start in range(0, len(questions), QUESTIONS):
            some = questions[start : start + QUESTIONS]
            arm.pieces.append(
                self._taken_up(arm, some, start, observer) or await self._new(arm, some, start, observer)
            )

    def curves(self, arms: Sequence[Arm]) -> list[ArmCurves]:
        """The curves of arms of which at least one question is complete."""
        for arm in arms:
            if arm.pools:
                arm.pieces.append(self._evaluated(arm, arms, sum(len(p.curves.questions) for p in arm.pieces)))
        return [joined([piece.curves for piece in arm.pieces]) for arm in arms]

    def _taken_up(self, arm: Arm, some: Sequence[Question], start: int, observer: Observer) -> Piece | None:
        path, part = self._piece(arm, start), self._part(arm, start)
        if not self._kept(arm, some) or not part.exists():
            return None
        piece = load(path, self._key(arm, some), arm, some)
        if piece is not None:
            self.files |= {path, part}
            for question in some:
                observer.notify(Progressed(arm.task.name, question.id))
        return piece

    async def _new(self, arm: Arm, some: Sequence[Question], start: int, observer: Observer) -> Piece:
        before = len(self.failed)
        await draw_arm(self.drawing, arm, some, observer)
        self._piece(arm, start).unlink(missing_ok=True)  # it must not outlive the part that it belongs to
        piece = self._evaluated(arm, (), start)
        arm.pools.clear()
        if self._kept(arm, some) and len(self.failed) == before:  # a rerun tries failed calls again
            path = self._piece(arm, start)
            save(path, piece, self._key(arm, some))
            self.files.add(path)
        return piece

    def _evaluated(self, arm: Arm, others: Sequence[Arm], start: int) -> Piece:
        curves = curves_of(
            arm,
            batch=self.drawing.session.client(self.drawing.model).batch,
            prices=Prices(self.drawing.session.prices),
            seed=self.experiment.seed,
            others=others,
            start=start,
        )
        path = self._part(arm, start)
        write_part(path, self.experiment.model, curves, arm.pools)
        self.files.add(path)
        return Piece(curves, tally_of(arm.pools))

    def _kept(self, arm: Arm, some: Sequence[Question]) -> bool:
        """Whether a rerun may do without the samples: not if they are replayed, or the store has none.

        Neither where functions of the user's decide: whether those have changed nobody knows.
        """
        session = self.drawing.session
        filed = session.client(self.drawing.model).backend.traits.filed and session.store.began() is not None
        return filed and only_ours(arm, some)

    def _part(self, arm: Arm, start: int) -> Path:
        return self.folder / "answers" / f"{stem(arm, start)}.parquet"

    def _piece(self, arm: Arm, start: int) -> Path:
        return self.folder / ".pieces" / f"{stem(arm, start)}.npz"

    def _key(self, arm: Arm, some: Sequence[Question]) -> str:
        session, config = self.drawing.session, self.experiment
        asked = sorted({model for _, model in parts(arm.solver, config.model)})
        client = session.client(self.drawing.model)
        for model in asked:
            session.client(model)
        return key_of(
            endpoints={model: session.client(model).backend.endpoint for model in asked},
            model=config.model,
            parameters=config.parameters,
            replicates=config.replicates,
            greedy=config.greedy,
            seed=config.seed,
            strategy=expression(arm.solver, full=True),
            questions=content_of(some),
            batch=client.batch,
            prices={model: session.prices[model] for model in asked},
            store=session.store.began(),
        )
