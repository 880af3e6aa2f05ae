using Alignment.ModelCore.Configuration;

namespace Alignment.PolicyOptimization.Rewards;

/// <summary>Keys of the section <c>reward</c>: what an answer is worth.</summary>
public sealed class RewardSourceOptions : IOptionSet
{
    [Option("Where scores come from, one or a list: model:DIR, rubric:FILE, http(s)://URL, judge:URL, judge:DIR, function:FILE.dll!Type.Method, length:FULL..NONE, regex:PATTERN, not_regex:PATTERN, contains:FIELD, equals:FIELD, think_format, repetition.", Source = "none: name them")]
    public IReadOnlyList<string> Sources { get; init; } = [];

    [Option("Weight of each source in the sum; empty: 1 each.", Min = -1000, Max = 1000, Source = "TRL: 1 each")]
    public IReadOnlyList<double> Weights { get; init; } = [];

    [Option("Longest wait for one answer of an endpoint.", Min = 0, AboveMin = true, Unit = "seconds", Source = "chosen here")]
    public double Timeout { get; init; } = 30;

    [Option("Further attempts after a time-out, a broken connection, status 408, 429 or 5xx.", Min = 0, Max = 100, Source = "chosen here")]
    public int Retries { get; init; } = 3;

    [Option("Wait before the first further attempt; it doubles each time.", Min = 0, Unit = "seconds", Source = "chosen here")]
    public double RetryDelay { get; init; } = 0.5;

    [Option("Most answers in one request.", Min = 1, Unit = "answers", Source = "chosen here")]
    public int RequestSize { get; init; } = 64;

    [Option("judge: name of the model at the endpoint.", Source = "chosen here")]
    public string JudgeModel { get; init; } = "";

    [Option("judge: environment variable that holds the endpoint's key; empty: none is sent.", Source = "chosen here")]
    public string JudgeKeyVariable { get; init; } = "";

    [Option("judge: what makes an answer better; empty: helpful, correct, polite, brief.", Source = "chosen here")]
    public string JudgeCriteria { get; init; } = "";

    [Option("judge: smallest share of pairs judged alike in both orders; below it the run stops.", Min = 0, Max = 1, Source = "chosen here")]
    public double JudgeConsistency { get; init; } = 0.5;

    [Option("judge: file of questions with a known answer, {\"prompt\", \"better\", \"worse\"} a line; they are asked first.", Source = "chosen here")]
    public string JudgeCanaries { get; init; } = "";

    [Option("judge: smallest share of canaries answered rightly in both orders.", Min = 0, Max = 1, Source = "chosen here")]
    public double CanaryAccuracy { get; init; } = 0.8;

    public IEnumerable<string> Contradictions(IReadOnlySet<string> given)
    {
        if (Weights.Count > 0 && Weights.Count != Sources.Count)
        {
            yield return $"weights has {Weights.Count} numbers for {Sources.Count} sources.";
        }

        foreach (var problem in Sources.Select(RewardSources.Complaint).OfType<string>())
        {
            yield return problem;
        }

        if (!Sources.Any(s => s.StartsWith("judge:", StringComparison.Ordinal)))
        {
            foreach (var key in given.Where(k => k.StartsWith("judge_", StringComparison.Ordinal) || k == "canary_accuracy"))
            {
                yield return $"{key} has no effect without a judge among sources.";
            }
        }

        if (given.Contains("canary_accuracy") && JudgeCanaries.Length == 0)
        {
            yield return "canary_accuracy needs judge_canaries.";
        }
    }
}
