import dataclasses

import pytest
import torch

import coreframe as cf
from coreframe_ee559.cross_validation import Score, best_score, cross_validate
from coreframe_ee559.repeats import FIGURES, repeat_training
from coreframe_ee559.report import TABLE_ONE, BestSettings
from coreframe_ee559.results import StudyResults
from coreframe_ee559.settings import StudySettings
from coreframe_ee559.study import count_epochs, run_study
from coreframe_ee559.variant import VARIANTS, Variant


def test_the_default_grid_is_120_settings_and_600_trainings() -> None:
    study = StudySettings()
    settings = [one for size in study.batch_sizes for one in study.grid(size)]
    assert len(set(settings)) == 120
    assert len(settings) * study.folds == 600
    for column in TABLE_ONE.values():  # the report's choices can be found
        assert column in settings


def test_the_number_of_processes_changes_no_result(
    tiny_settings: StudySettings, tiny_results: StudyResults
) -> None:
    epochs = 0

    def count() -> None:
        nonlocal epochs
        epochs += 1

    again = run_study(tiny_settings, 2, count)
    assert epochs == count_epochs(tiny_settings)
    assert again.scores == tiny_results.scores
    for variant in VARIANTS:
        for figure in FIGURES:
            assert torch.equal(
                again.repeats[variant].curves[figure], tiny_results.repeats[variant].curves[figure]
            )


def test_a_score_of_the_grid_is_that_of_lone_trainings(tiny_settings: StudySettings) -> None:
    """One setting by hand: a lone model for each fold."""
    variant = Variant("Tanh", 1, standardize=True)
    scores = cross_validate(variant, 50, tiny_settings, lambda: None)
    score = next(score for score in scores if score.settings.lr == 0.1)
    data = cf.create("dataset", variant.data(60), seed=5)
    folds = cf.Folds(data, 3, seed=5, stratified=False)
    accuracies = []
    for fold in range(3):
        rows = torch.cat(
            [folds.part("validation").select(f).take(torch.arange(20))[0] for f in range(3)]
        )
        assert len(set(map(tuple, rows.tolist()))) == 60
        lone = cf.Folds(data, 3, seed=5, stratified=False).select(fold)
        model = cf.assemble(variant.specs(1.0), seed=5 + fold)
        loss = cf.create("loss", "MSE")
        optimizer = cf.create("optimizer", "SGD(lr=0.1, momentum=0.9)", model)
        cf.train_model(model, lone, loss, optimizer, epochs=2, batch_size=50)
        accuracies.append(float(cf.compute_accuracy(model, lone.part("validation"), loss)))
    assert score.accuracy == pytest.approx(sum(accuracies) / 3, abs=1e-9)


def test_the_best_score_is_the_highest_accuracy_and_of_equals_the_lowest_loss() -> None:
    settings = BestSettings(0.1, 16, 0.9, 1.0, 100)
    low = Score(VARIANTS[0], settings, accuracy=0.8, accuracy_std=0, loss=0.1)
    high = dataclasses.replace(low, accuracy=0.9, loss=0.3)
    better = dataclasses.replace(high, loss=0.2)
    assert best_score([low, high, better]) is better


def test_the_votes_are_those_of_the_trained_networks(tiny_settings: StudySettings) -> None:
    study = dataclasses.replace(tiny_settings, samples=1000, epochs=20)
    repeats = repeat_training(Variant("ReLU", 3, standardize=True), study, lambda: None)
    assert repeats.curves["test_accuracy"].shape == (20, 3)
    assert repeats.votes[50, 50] == 1  # the centre
    assert repeats.votes[0, 0] == 0  # a corner
    wrong_way_round = repeats.votes.T
    assert not torch.equal(repeats.votes, wrong_way_round)
