using Alignment.ModelCore.Configuration;

namespace Alignment.ModelCore.Training;

/// <summary>Keys of the section <c>evaluation</c>: held-out measurements while a run trains, and what follows from them.</summary>
public sealed class EvaluationOptions : IOptionSet
{
    [Option("Held-out data in the form of the recipe's own data (prompts, where the model learns from its own answers); a file or a list. Empty: no evaluation.")]
    public IReadOnlyList<string> Data { get; init; } = [];

    [Option("Steps between evaluations; 0: at the end of each epoch. The last step is always evaluated.", Min = 0, Unit = "steps", Source = "transformers: 500")]
    public int Every { get; init; }

    [Option("Metric that decides what is best, as it is reported (eval_loss, eval_accuracy …; eval_reward where the model learns from its own answers).", Source = "transformers: loss")]
    public string Metric { get; init; } = "eval_loss";

    [Option("Whether a lower or a higher value is better; auto: lower for losses and perplexities.", Choices = "auto|lower|higher")]
    public string Better { get; init; } = "auto";

    [Option("Evaluations without progress after which the run stops; 0 never stops early.", Min = 0, Unit = "evaluations", Source = "transformers' EarlyStoppingCallback: 1")]
    public int Patience { get; init; }

    [Option("Progress smaller than this does not count for patience.", Min = 0, Source = "transformers: 0")]
    public double MinDelta { get; init; }

    [Option("Finish with the weights of the best evaluation instead of the last.", Source = "transformers: load_best_model_at_end, off")]
    public bool KeepBest { get; init; }

    internal bool LowerIsBetter => Better == "lower" || (Better == "auto" && (Metric.Contains("loss", StringComparison.Ordinal) || Metric.Contains("perplexity", StringComparison.Ordinal)));

    public IEnumerable<string> Contradictions(IReadOnlySet<string> given)
    {
        foreach (var key in given.Where(k => k != "data" && Data.Count == 0))
        {
            yield return $"{key} needs data: the held-out file to measure on.";
        }
    }
}
