"""Ensemble: a population that predicts as one."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from coreframe_toys import Affine, Points, SumOfSquares

import coreframe as cf

losses = pytest.importorskip("coreframe_losses")
metrics = pytest.importorskip("sklearn.metrics")
entropy = pytest.importorskip("scipy.stats").entropy

R = 5
X = torch.randn(40, 4, generator=torch.Generator().manual_seed(0)).double()
Y = torch.arange(40) % 3


def population(outputs: int = 3, replicas: int = R) -> cf.Module:
    seeds = range(replicas)
    return cf.assemble([Affine(4, outputs, gain=4.0)], seeds=seeds, dtype=torch.float64)


def outputs_of(model: cf.Module) -> np.ndarray[Any, Any]:
    """What each replica gives as a lone model, `(R, samples, outputs)`."""
    lone = [cf.Ensemble(model, losses.MSE()).member(r) for r in range(*model.replicas)]
    return np.stack([one.eval().forward(X).numpy() for one in lone])


def softmax(logits: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    powers = np.exp(logits - logits.max(-1, keepdims=True))
    return np.asarray(powers / powers.sum(-1, keepdims=True))


def same(found: torch.Tensor, wanted: Any) -> None:
    np.testing.assert_allclose(found.numpy(), wanted, rtol=1e-12, atol=1e-14)


def test_classes_by_hand() -> None:
    model = population()
    found = cf.Ensemble(model, losses.CrossEntropy()).predict(X)
    each = softmax(outputs_of(model))
    mean = each.mean(0)
    same(found.members, each)
    same(found.mean, mean)
    same(found.spread, np.sqrt(((each - mean) ** 2).mean(0)))
    same(found.predicted, mean.argmax(-1))
    same(found.opinions, each.argmax(-1))
    votes = np.stack([(each.argmax(-1) == k).mean(0) for k in range(3)], -1)
    np.testing.assert_allclose(found.votes.numpy(), votes, rtol=1e-6)
    same(found.vote, votes.round(6).argmax(-1))
    same(found.entropy, entropy(mean, axis=-1))
    same(found.mutual_information, entropy(mean, axis=-1) - entropy(each, axis=-1).mean(0))
    assert not torch.equal(found.vote, found.predicted)  # these samples tell one from the other
    assert found.is_probabilistic


def test_figures_of_classes() -> None:
    model, loss = population(), losses.CrossEntropy()
    split = cf.TensorSplit(X, Y)
    figures = cf.Ensemble(model, loss).evaluate(split)
    found = cf.Ensemble(model, loss).predict(X)
    assert float(figures.loss) == pytest.approx(metrics.log_loss(Y, found.mean), rel=1e-12)
    assert float(figures.accuracy) == metrics.accuracy_score(Y, found.predicted)
    assert float(figures.vote_accuracy) == metrics.accuracy_score(Y, found.vote)
    each = cf.evaluate(model, split, loss)
    assert torch.equal(figures.members.loss, each.loss)
    assert torch.equal(figures.members.accuracy, each.accuracy)
    # −log is convex, so the mean is never worse than its members are on average.
    assert float(figures.loss) < float(each.loss.mean())


@pytest.mark.parametrize("form", ["indices", "values"])
def test_yes_and_no_by_hand(form: str) -> None:
    model = population(1)
    ensemble = cf.Ensemble(model, losses.BinaryCrossEntropy())
    found = ensemble.predict(X)
    each = 1 / (1 + np.exp(-outputs_of(model)))
    mean = each.mean(0)
    same(found.mean, mean)
    same(found.predicted, mean[:, 0] > 0.5)
    same(found.votes[:, 1], (each[..., 0] > 0.5).astype(np.float32).mean(0))
    same(found.vote, (each[..., 0] > 0.5).mean(0) > 0.5)
    both = np.stack([1 - each[..., 0], each[..., 0]], -1)
    same(found.entropy, entropy(both.mean(0), axis=-1))
    wanted = entropy(both.mean(0), axis=-1) - entropy(both, axis=-1).mean(0)
    same(found.mutual_information, wanted)
    yes = Y == 1
    target = yes.long() if form == "indices" else yes.double().unsqueeze(1)
    figures = ensemble.evaluate(cf.TensorSplit(X, target))
    assert float(figures.loss) == pytest.approx(metrics.log_loss(yes, mean[:, 0]), rel=1e-12)
    assert float(figures.accuracy) == metrics.accuracy_score(yes, found.predicted)


def test_several_yes_and_no_at_once() -> None:
    found = cf.Ensemble(population(3), losses.BinaryCrossEntropy()).predict(X)
    assert found.predicted.shape == found.vote.shape == found.entropy.shape == (40, 3)
    assert found.votes.shape == (40, 3, 2)


def test_values_are_averaged() -> None:
    model, loss = population(1), losses.MSE()
    ensemble = cf.Ensemble(model, loss)
    found, each = ensemble.predict(X), outputs_of(model)
    same(found.mean, each.mean(0))
    same(found.spread, each.std(0))
    same(found.predicted, each.mean(0)[:, 0])
    target = X.sum(1, keepdim=True)
    figures = ensemble.evaluate(cf.TensorSplit(X, target))
    wanted = ((each.mean(0) - target.numpy()) ** 2).mean()
    assert float(figures.loss) == pytest.approx(wanted, rel=1e-12)
    assert figures.accuracy.isnan()
    assert figures.vote_accuracy.isnan()
    assert figures.members.accuracy.isnan().all()
    with pytest.raises(cf.ArgumentError, match="there are no votes"):
        _ = found.vote
    for name in ("entropy", "mutual_information"):
        with pytest.raises(cf.ArgumentError, match="there is no entropy"):
            getattr(found, name)


def test_one_hot_classes_are_those_of_the_mean_output() -> None:
    model = population()
    found = cf.Ensemble(model, losses.MSE()).predict(X)
    each = outputs_of(model)
    same(found.predicted, each.mean(0).argmax(-1))
    same(found.opinions, each.argmax(-1))
    assert found.votes.shape == (40, 3)
    assert not found.is_probabilistic
    figures = cf.Ensemble(model, losses.MSE()).evaluate(cf.TensorSplit(X, torch.eye(3)[Y]))
    assert float(figures.accuracy) == metrics.accuracy_score(Y, found.predicted)


@pytest.mark.parametrize("loss", [losses.MSE(), SumOfSquares()], ids=repr)
def test_many_samples_go_through_in_parts(loss: cf.Loss) -> None:
    x = torch.randn(3001, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    model = population(2)
    ensemble = cf.Ensemble(model, loss)
    actual = torch.eye(2, dtype=torch.float64)[(x[:, 0] > 0).long()]
    figures = ensemble.evaluate(cf.TensorSplit(x, actual))
    wanted = (ensemble.predict(x).mean - actual).square()
    wanted = wanted.mean() if loss.reduction == "mean" else wanted.sum()
    assert float(figures.loss) == pytest.approx(float(wanted), rel=1e-12)


def test_of_equal_votes_the_first_class_counts() -> None:
    opinions = torch.tensor([[2, 1], [1, 2], [2, 0], [1, 1]])
    found = cf.EnsemblePrediction(torch.rand(4, 2, 3), opinions)
    assert found.vote.tolist() == [1, 1]
    assert found.votes[0].tolist() == [0.0, 0.5, 0.5]


def test_it_is_saved_as_one_file_and_one_member_is_taken_out(tmp_path: Path) -> None:
    model, loss = cf.assemble(["Affine(2, 2)"], seeds=range(3)), losses.CrossEntropy()
    cf.train_model(model, Points(30), losses.MSE(), cf.create("optimizer", "Descent(0.1)", model))
    ensemble = cf.Ensemble(model, loss)
    cf.save_checkpoint(tmp_path / "ensemble.safetensors", ensemble.model)
    again = cf.Ensemble(cf.load_checkpoint(tmp_path / "ensemble.safetensors").model, loss)
    x = Points(20, seed=4).part("test").take(torch.arange(20))[0]
    assert torch.equal(again.predict(x).members, ensemble.predict(x).members)
    lone = again.member(2)
    assert lone.replicas == ()
    assert again.model.replicas == (3,)
    assert torch.allclose(lone.forward(x).softmax(-1), again.predict(x).members[2])
    again.model.select([0, 2])
    assert torch.equal(again.predict(x).members, ensemble.predict(x).members[[0, 2]])


def test_a_population_is_left_in_the_mode_it_was_in() -> None:
    model = population()
    ensemble = cf.Ensemble(model, losses.CrossEntropy())
    model.train()
    found = ensemble.predict(X)
    assert model.training
    model.expect_all_undone()
    found.members.add_(1)  # a tensor like any other, though it was computed in inference mode


def test_a_replica_that_diverged_is_named() -> None:
    model = population()
    for _, parameter in model.named_parameters():
        parameter.value[[1, 3]] = torch.nan
    ensemble = cf.Ensemble(model, losses.CrossEntropy())
    with pytest.raises(cf.ArgumentError, match=r"outputs of replicas 1, 3 are not finite: keep"):
        ensemble.predict(X)
    model.select([0, 2, 4])
    assert ensemble.predict(X).members.isfinite().all()


def wrong(*arguments: Any) -> cf.Ensemble:
    return cf.Ensemble(*arguments)


def test_what_makes_no_ensemble_is_told() -> None:
    loss = losses.CrossEntropy()
    with pytest.raises(cf.ArgumentError, match="this is a lone model: assemble it with seeds"):
        cf.Ensemble(cf.assemble([Affine(4, 3)], seed=0), loss)
    with pytest.raises(cf.ArgumentError, match="model must be a coreframe Module, got 'Affine'"):
        wrong("Affine", loss)
    with pytest.raises(cf.ArgumentError, match="loss must be a coreframe Loss, got 'MSE'"):
        wrong(population(), "MSE")
    ensemble = cf.Ensemble(population(), loss)
    with pytest.raises(cf.ShapeError, match=r"samples, and \(0, 4\) has none"):
        ensemble.predict(X[:0])
    with pytest.raises(cf.ArgumentError, match="from a tensor of inputs, got None"):
        wrong(population(), loss).predict(None)  # type: ignore[arg-type]  # the mistake
    with pytest.raises(cf.ArgumentError, match="no replica 5 in a population of 5"):
        ensemble.member(5)
    with pytest.raises(cf.ArgumentError, match="a member is named by its number"):
        ensemble.member([1])  # type: ignore[arg-type]  # the mistake
    own = cf.TensorSplit(X.expand(R, -1, -1), Y.expand(R, -1), (R,))
    with pytest.raises(cf.ShapeError, match="evaluated on samples that its replicas share"):
        ensemble.evaluate(own)
    ensemble.model.select(0)
    with pytest.raises(cf.ArgumentError, match="this is a lone model"):
        ensemble.predict(X)
