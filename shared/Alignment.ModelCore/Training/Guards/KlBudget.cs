using System.Globalization;

namespace Alignment.ModelCore.Training.Guards;

/// <summary>The mean KL from the reference over the window exceeds its budget.</summary>
/// <param name="metrics">Names of the metric, in nats; the first that a run reports is taken.</param>
/// <param name="budget">Nats per <paramref name="unit"/>; 0 allows all.</param>
/// <param name="unit"><c>token</c> or <c>sequence</c>.</param>
public sealed class KlBudget(IReadOnlyList<string> metrics, double budget, string unit) : IGuard
{
    public string Name => "kl_budget";

    public IReadOnlyList<string> Watches => metrics;

    public bool CuredByKl => true;

    public Verdict Judge(GuardHistory history)
    {
        var window = history.Reported(metrics)?.Window(history.Window) ?? [];
        if (budget == 0 || window.Count == 0)
        {
            return Verdict.Calm;
        }

        var kl = window.Average();
        return kl <= budget ? Verdict.Calm : Verdict.Fire(
            string.Create(CultureInfo.InvariantCulture, $"KL from the reference is {kl:0.####} nats per {unit} over the last {window.Count} measurements; the budget is {budget:0.####}"),
            ($"kl_per_{unit}", kl), ("budget", budget));
    }
}
