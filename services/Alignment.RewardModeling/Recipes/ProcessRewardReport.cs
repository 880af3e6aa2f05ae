using System.Text.Json;

namespace Alignment.RewardModeling.Recipes;

/// <summary><c>reward-report.json</c> of a process reward model on held-out steps.</summary>
/// <param name="Count">Labelled steps.</param>
/// <param name="Accuracy">Share of steps labelled as people did.</param>
/// <param name="MajorityShare">The same for always giving the commoner label: an accuracy that is no higher has learned nothing.</param>
/// <param name="AccuracyOfRight">On steps labelled right; NaN where there are none.</param>
/// <param name="AccuracyOfWrong">On steps labelled wrong.</param>
/// <param name="Loss">Cross-entropy, nats per step.</param>
public sealed record ProcessRewardReport(int Count, double Accuracy, double MajorityShare, double AccuracyOfRight, double AccuracyOfWrong, double Loss)
{
    private static readonly JsonSerializerOptions Spelling = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true, NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <param name="steps">Label and the probability of "right" of each step.</param>
    internal static ProcessRewardReport Of(IReadOnlyList<(bool Right, double Probability)> steps)
    {
        double Share(Func<(bool Right, double Probability), bool> of) => steps.Where(of).Select(s => s.Probability > 0.5 == s.Right ? 1.0 : 0).DefaultIfEmpty(double.NaN).Average();
        var right = steps.Average(s => s.Right ? 1.0 : 0);
        return new(steps.Count, Share(_ => true), Math.Max(right, 1 - right), Share(s => s.Right), Share(s => !s.Right), steps.Average(s => -Math.Log(Math.Max(1e-300, s.Right ? s.Probability : 1 - s.Probability))));
    }

    public void Save(string folder) => File.WriteAllText(Path.Combine(folder, RewardReport.FileName), JsonSerializer.Serialize(this, Spelling) + "\n");
}
