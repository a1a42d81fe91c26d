"""Step: forward, loss, backward and update, batch after batch."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, isfinite

import torch
from torch import Tensor

from coreframe.interfaces.loss import Loss
from coreframe.interfaces.padding import Padding
from coreframe.training.batches import Batch, gather
from coreframe.training.clipping import clip_gradients
from coreframe.training.divergence import divergence
from coreframe.training.factors import Factors
from coreframe.training.fit import placing
from coreframe.training.run import Run
from coreframe.training.watchers import Watchers

__all__ = ["Step"]


class Step:
    """What a run does with each batch.

    Args:
        run: what it works with; it counts the batches there.
        accumulate: batches per update.
        clip_norm: the largest norm of a replica's gradients, if there is one.
        watchers: who is told.
    """

    def __init__(
        self,
        run: Run,
        accumulate: int,
        clip_norm: float | None,
        watchers: Watchers,
    ) -> None:
        self._run, self._watchers = run, watchers
        self._accumulate, self._clip_norm = accumulate, clip_norm
        # Losses are looked at in each step, but where that would wait for a device.
        self._looks = all(f.value.device.type == "cpu" for f in run.model.storage.flats)

    def epoch(self) -> Tensor | None:
        """One pass over the samples, or the rest of one.

        Returns:
            The loss of the epoch, `(*replicas,)`; None if the run was stopped within it.
        """
        run, model = self._run, self._run.model
        plan = self._plan()
        updates = [ceil(steps / self._accumulate) for steps in run.batches.steps]
        factors = Factors(run.schedule, run.epochs, updates)
        storage, place = model.storage, placing(model)
        sees_steps, accumulate = self._watchers.see_steps, self._accumulate
        with torch.inference_mode():
            for batch, x, actual in gather(run.batches.split, iter(plan[run.step :]), place):
                group = (batch,) if accumulate == 1 else self._group(plan, run.step)
                if batch is group[0]:
                    self._set_rate(factors)
                    storage.zero_grad()
                if batch.padding is None:
                    weight = None
                else:
                    weight = place(batch.padding.weight)
                    model.context.padding = Padding(batch.padding.counts, weight)
                run.losses.append(self._pass(batch, group, x, actual, weight))
                run.step += 1
                if batch is not group[-1]:
                    continue
                if self._clip_norm is not None:
                    clip_gradients(storage, self._clip_norm)
                run.optimizer.step(batch.active if accumulate == 1 else _active(group))
                run.hold_frozen()
                if sees_steps:
                    self._watchers.step()
                if run.stopped and run.step < len(plan):
                    return None
        model.forget()
        if not self._looks:
            run.mark_diverged(torch.stack(run.losses).isfinite().all(0))
        combined = _combine(run.loss, run.losses, [batch.size for batch in plan])
        return combined.masked_fill(run.diverged, torch.nan)

    def _pass(
        self,
        batch: Batch,
        group: Sequence[Batch],
        x: Tensor,
        actual: Tensor,
        weight: Tensor | None,
    ) -> Tensor:
        """Forward, loss and backward of one batch; gives its loss, `(*replicas,)`."""
        loss, model = self._run.loss, self._run.model
        value = loss.compute_loss(model.forward(x), actual, weight)
        # A sum is finite only if all its terms are, and is the quickest to ask.
        if self._looks and not isfinite((value.sum() if value.dim() else value).item()):
            if not value.dim():
                raise divergence(value, model, loss, (x, actual), (self._run.epoch, self._run.step))
            self._run.mark_diverged(value.isfinite())
        dy = loss.backward()
        if len(group) > 1 and loss.reduction == "mean":
            dy = dy * _share(batch, group, dy)
        model.backward_parameters(dy)
        model.expect_all_undone()
        return value

    def _group(self, plan: Sequence[Batch], step: int) -> Sequence[Batch]:
        """The batches that share an update with that of this step."""
        first = step - step % self._accumulate
        return plan[first : first + self._accumulate]

    def _set_rate(self, factors: Factors) -> None:
        factor = factors.at(self._run.epoch, self._run.step // self._accumulate)
        if factor is not None:
            self._run.optimizer.lr_factor = factor

    def _plan(self) -> list[Batch]:
        """The batches of this epoch; of one that was interrupted, those that it had."""
        run = self._run
        random = run.batches.random
        if run.step and run.order is not None:
            random.load_state(random.state() | {"order": run.order})
        run.order = random.state()["order"] if self._watchers.see_steps else None
        return list(run.batches.epoch())


def _share(batch: Batch, group: Sequence[Batch], like: Tensor) -> Tensor:
    """What the batch counts in a mean over all samples of its group."""
    total = torch.zeros((), dtype=torch.float64)
    for other in group:
        total = total + other.size
    share = (batch.size / total.clamp(min=1)).to(like)
    return share.reshape(*share.shape, *[1] * (like.dim() - share.dim()))


def _active(group: Sequence[Batch]) -> Tensor | None:
    """Which replicas have a sample in any of these batches; None if all have."""
    found = [batch.active for batch in group]
    if any(active is None for active in found):
        return None
    return torch.stack([active for active in found if active is not None]).any(0)


def _combine(loss: Loss, losses: list[Tensor], sizes: list[int | Tensor]) -> Tensor:
    """The sum of the batches' losses, or their mean, weighted with samples, `(*replicas,)`."""
    values = torch.stack(losses).cpu().double()
    if loss.reduction == "sum":
        return values.sum(0)
    if isinstance(sizes[0], Tensor):  # they differ between replicas
        weights = torch.stack([torch.as_tensor(size) for size in sizes]).double()
    else:
        weights = torch.tensor(sizes).double().reshape(-1, *[1] * (values.dim() - 1))
    return (values * weights).sum(0) / weights.sum(0)
