using Alignment.Evaluation.Suites;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Generation;
using Alignment.Statistics.Preferences;
using Alignment.Text.Rubrics;

namespace Alignment.Evaluation.Recipes;

/// <summary>How the answers of two policies are drawn and compared.</summary>
/// <param name="Temperature">0 takes the best token.</param>
/// <param name="MaxTokens">Most tokens of an answer.</param>
/// <param name="Seed">Both policies draw with the same seed.</param>
public sealed record ComparisonOptions(double Temperature = 0.7, double TopP = 1, int MaxTokens = 96, long Seed = 1);

/// <summary>One prompt with both answers and the rubric's marks.</summary>
internal sealed record ComparedRow(string Id, string Language, string Prompt, ComparedAnswer Parent, ComparedAnswer Child);

internal sealed record ComparedAnswer(string Text, double Score, IReadOnlyDictionary<string, double> Marks);

/// <summary>
/// Parent and child answer the same held-out prompts; the house's rubric scores every answer; a paired test judges the differences. The
/// reward model has no say: the child was tuned on what it learned from.
/// </summary>
internal static class PolicyComparison
{
    private const int GeneralTextTokens = 512, GeneralTextBatch = 16;

    /// <summary>1. both policies answer, 2. the rubric scores, 3. both read the general text, 4. the gate decides.</summary>
    public static (PairedGateResult Gate, IReadOnlyList<ComparedRow> Rows) Run(
        string parent, string child, EvaluationSuite suite, ComparisonOptions options, PairedGateOptions gate, Action<int, int, string> report, CancellationToken ct)
    {
        var rubric = Rubric.Load(suite.RubricFile);
        var total = (2 * suite.Prompts.Count) + 2;
        var before = Answers(parent, suite, rubric, options, done => report(done, total, "the parent answers"), ct);
        var after = Answers(child, suite, rubric, options, done => report(suite.Prompts.Count + done, total, "the child answers"), ct);
        var general = DocumentReader.Read(suite.GeneralTextFile);
        var perplexityBefore = PerplexityRecipe.Run(parent, general, GeneralTextTokens, GeneralTextBatch, ct).Perplexity;
        var perplexityAfter = PerplexityRecipe.Run(child, general, GeneralTextTokens, GeneralTextBatch, ct).Perplexity;
        report(total, total, "compared");
        var rows = suite.Prompts.Select((p, i) => new ComparedRow(p.Id, p.Language, p.Messages[^1]!["content"]!.GetValue<string>(), before[i], after[i])).ToList();
        return (PairedGate.Decide([.. before.Select(a => a.Score)], [.. after.Select(a => a.Score)], perplexityBefore, perplexityAfter, gate), rows);
    }

    private static List<ComparedAnswer> Answers(string folder, EvaluationSuite suite, Rubric rubric, ComparisonOptions options, Action<int> onBatch, CancellationToken ct)
    {
        using var model = ChatResponder.Load(folder);
        var generation = new GenerationOptions
        {
            Sample = options.Temperature > 0, Temperature = options.Temperature > 0 ? options.Temperature : 1, TopP = options.TopP, MaxNewTokens = options.MaxTokens, Seed = (ulong)options.Seed,
        };
        var answers = model.Answer([.. suite.Prompts.Select(p => model.Encode(p.Messages))], generation, onBatch: onBatch, ct: ct);
        return [.. suite.Prompts.Zip(answers, (p, a) => (a.Text, Score: rubric.Score(new(p.Language, p.Facts), a.Text))).Select(x => new ComparedAnswer(x.Text, x.Score.Total, x.Score.Marks))];
    }
}
