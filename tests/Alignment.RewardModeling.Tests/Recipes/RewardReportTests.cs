using Alignment.ModelCore.Rollouts;
using Alignment.RewardModeling.Recipes;

namespace Alignment.RewardModeling.Tests.Recipes;

public sealed class RewardReportTests
{
    [Fact]
    public void Of_FourPairs_GroupsByStrengthLengthAndLanguage()
    {
        var report = RewardReport.Of(
            [Pair(3, 2, 1, "en"), Pair(2, 3, 0.75, "en"), Pair(2, 2, 0.75, "pt"), Pair(3, 1, 1, "pt")],
            [[1.0], [-1.0], [0.0], [2.0]]);
        Assert.Equal((1 + 0 + 0.5 + 1) / 4, report.Accuracy);
        Assert.Equal(new RewardGroup(2, 1), report.ByLength["chosen_longer"]);
        Assert.Equal(new RewardGroup(1, 0), report.ByLength["chosen_shorter"]);
        Assert.Equal(new RewardGroup(1, 0.5), report.ByLength["equal"]);
        Assert.Equal(new RewardGroup(2, 0.25), report.ByStrength["0.7-0.8"]);
        Assert.Equal(new RewardGroup(2, 1), report.ByStrength["0.9-1.0"]);
        Assert.Equal(new RewardGroup(2, 0.5), report.ByLanguage["en"]);

        // Agreement: 1, 0.25, half of both, 1; at best 1, 0.75, 0.75, 1.
        Assert.Equal((1 + 0.25 + 0.5 + 1) / 4, report.Agreement, 1e-12);
        Assert.Equal(0.875 - report.Agreement, report.DistanceToCeiling, 1e-12);
    }

    // Half of the certain margins are wrong: dividing by a large temperature brings σ back to one half.
    [Fact]
    public void Of_OverconfidentMargins_CalibrationErrorFalls()
    {
        var report = RewardReport.Of([.. Enumerable.Range(0, 80).Select(_ => Pair(2, 2, 1, ""))], [.. Enumerable.Range(0, 80).Select(i => new[] { i / 2 % 4 == 0 ? -4.0 : 4.0 })]);
        Assert.True(report.Temperature > 2, $"{report.Temperature}");
        Assert.True(report.After.Ece < report.Before.Ece / 2, $"{report.Before.Ece} {report.After.Ece}");
        Assert.True(report.After.Brier < report.Before.Brier);
    }

    [Fact]
    public void Of_Ensemble_SplitsByUncertainty()
    {
        var report = RewardReport.Of([.. Enumerable.Range(0, 4).Select(_ => Pair(2, 2, 1, ""))], [[1, 1], [1, 1], [3, -4], [-3, 4]]);
        Assert.Equal(1, report.AccuracyWhenCertain);
        Assert.Equal(0.5, report.AccuracyWhenUncertain);
    }

    [Fact]
    public void Scale_Ensemble_IsMeanLessPenaltyNormalised()
    {
        // Heads 1 and 3: mean 2, spread 1.
        Assert.Equal((2 - 0.5 - 1) / 4, new RewardScale(Mean: 1, Std: 4, UncertaintyPenalty: 0.5).Of([1, 3]));
    }

    [Fact]
    public void Scale_WorstCase_IsTheLowestHeadNormalised() => Assert.Equal((1 - 0.5) / 4, new RewardScale(Mean: 0.5, Std: 4, Combine: "min").Of([3, 1, 2]));

    // Means 1 and 1, worst cases −2 and 1 − 3: the finished model sees the second pair as the first wrongly ordered one.
    [Fact]
    public void Of_CombinedMargins_DecideTheAccuracy()
    {
        var report = RewardReport.Of([Pair(2, 2, 1, ""), Pair(2, 2, 1, "")], [[1, 1], [4, -2]], [1, -2]);
        Assert.Equal((0.5, 1.5), (report.Accuracy, report.Uncertainty));
    }

    [Theory]
    [InlineData("""{"combine": "min"}""", "combine needs an ensemble")]
    [InlineData("""{"members": 2, "heads": 2}""", "Choose one")]
    [InlineData("""{"members": 2, "combine": "min", "uncertainty_penalty": 1}""", "Remove one")]
    [InlineData("""{"members": 2, "head_share": 0.5}""", "head_share needs an ensemble of heads")]
    public void Options_EnsembleContradictory_AreRefused(string keys, string expected) =>
        Assert.Contains(expected, Assert.Throws<ModelCore.Configuration.OptionsException>(() => RewardTraining.Prepare("reward", System.Text.Json.Nodes.JsonNode.Parse(keys)!.AsObject())).Message, StringComparison.Ordinal);

    [Fact]
    public void ProcessReport_FourSteps_CountsBothKinds()
    {
        var report = ProcessRewardReport.Of([(true, 0.9), (true, 0.4), (true, 0.8), (false, 0.5)]);
        Assert.Equal((4, 0.75, 0.75, 2 / 3.0, 1.0), (report.Count, report.Accuracy, report.MajorityShare, report.AccuracyOfRight, report.AccuracyOfWrong));
        Assert.Equal(-(Math.Log(0.9) + Math.Log(0.4) + Math.Log(0.8) + Math.Log(0.5)) / 4, report.Loss, 1e-12);
    }

    [Fact]
    public void Scale_SavedAndLoaded_IsTheSame()
    {
        var folder = Directory.CreateTempSubdirectory("scale").FullName;
        var scale = new RewardScale(0.5, 2, 1.5, 1, double.NaN);
        scale.Save(folder);
        Assert.Equal(scale, RewardScale.Load(folder));
        Directory.Delete(folder, recursive: true);
    }

    private static HeldoutPair Pair(int chosen, int rejected, double share, string language) => new(new([1], [new int[chosen], new int[rejected]]), share, language);
}
