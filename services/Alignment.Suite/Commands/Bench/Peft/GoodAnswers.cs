using Alignment.ModelCore.Generation;
using Alignment.Suite.Commands.Bench.Methods;
using Alignment.Suite.Demo;
using Alignment.Text.Rubrics;

namespace Alignment.Suite.Commands.Bench.Peft;

/// <summary>A checkpoint's own answers to the sample's held-out questions, by the sample's rubric.</summary>
/// <param name="Manner">Share of answers with full marks for courtesy, brevity, no personal data and no invented policy: the manner of the good answers.</param>
/// <param name="Facts">Mean mark for naming the right section and button, which the starting point knows or does not.</param>
internal sealed record GoodAnswers(double Manner, double Facts)
{
    private const string FactsMark = "correct";
    private const double Temperature = 0.7;
    private const int MaxTokens = 96;

    /// <param name="most">Questions asked, one answer each.</param>
    public static GoodAnswers Of(string checkpoint, int most, CancellationToken cancellation)
    {
        var rubric = HelpdeskRubric.Load(BenchPaths.Sample);
        IReadOnlyList<RubricPrompt> prompts = [.. rubric.HeldOut.Take(most)];
        using var responder = ChatResponder.Load(checkpoint);
        var options = new GenerationOptions { Sample = true, Temperature = Temperature, MaxNewTokens = MaxTokens, Seed = 1 };
        var answers = responder.Answer([.. prompts.Select(p => responder.Encode(ModelCore.Data.SftRow.Chat(("user", p.Text))))], options, ct: cancellation);
        var marks = answers.Select(a => rubric.Score(prompts[a.Prompt], a.Text).Marks).ToList();
        return new(marks.Average(m => m.All(x => x.Key == FactsMark || x.Value >= 1) ? 1.0 : 0), marks.Average(m => m[FactsMark]));
    }
}
