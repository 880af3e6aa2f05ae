using System.Text.Json;
using Alignment.Evaluation.Recipes;
using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Modules;
using Alignment.Statistics.Language;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families;

public sealed partial class F38EvaluationMetrics
{
    private static void CheckPerplexity(GoldenCase c, Tolerances t)
    {
        using var model = CheckpointReader.LoadCausal(c.ModelFolder(c.Json.GetProperty("model").GetString()!), ScalarType.Float64);
        var (i, o) = (c.Json.GetProperty("in"), c.Json.GetProperty("out"));
        var rows = i.Items("rows").Select(r => r.Ints()).ToList();
        var sums = PerplexityRecipe.Score(model, [.. rows.Select(r => TokenRow.Of([], r))], 0, 2, CancellationToken.None);
        List<TextLikelihood> texts = [.. sums.Zip(rows, (s, r) => new TextLikelihood(s, r.Length - 1))];
        Expect.Equal<int>("row_tokens", [.. texts.Select(x => (int)x.Tokens)], o.Ints("row_tokens"));
        Expect.Close("row_nll_sum", sums, o.Numbers("row_nll_sum"), 0, t.Perplexity);
        Expect.Close("token_weighted_mean_nll", Perplexity.MeanNegativeLogLikelihood(texts), o.Number("token_weighted_mean_nll"), 0, t.Perplexity);
        Expect.Close("token_weighted_perplexity", Perplexity.OfTokens(texts), o.Number("token_weighted_perplexity"), 0, t.Perplexity);
        Expect.Close("row_perplexities", [.. texts.Select(x => Perplexity.OfTokens([x]))], o.Numbers("row_perplexities"), 0, t.Perplexity);
        Expect.Close("mean_of_row_perplexities", Perplexity.MeanOfTexts(texts), o.Number("mean_of_row_perplexities"), 0, t.Perplexity);
        Expect.Close("bits_per_token", Perplexity.BitsPerToken(texts), o.Number("bits_per_token"), 0, t.Perplexity);
        foreach (var s in o.Items("strided"))
        {
            CheckStrided(model, i.Ints("long_row"), s, t);
        }
    }

    private static void CheckStrided(CausalModel model, int[] ids, JsonElement s, Tolerances t)
    {
        var windows = StridedWindows.Over(ids.Length, s.Int("window"), s.Int("stride")).ToList();
        var texts = windows.Select(w =>
        {
            var flags = Enumerable.Range(w.Begin, w.End - w.Begin).Select(p => p >= w.ScoreFrom).ToArray();
            return new TextLikelihood(PerplexityRecipe.Score(model, [new TokenRow(ids[w.Begin..w.End], flags, 1)], 0, 1, CancellationToken.None)[0], w.ScoredTokens);
        }).ToList();
        var expected = s.Items("windows");
        Expect.Equal<int>("begins", [.. windows.Select(w => w.Begin)], [.. expected.Select(e => e.Int("begin"))]);
        Expect.Equal<int>("ends", [.. windows.Select(w => w.End)], [.. expected.Select(e => e.Int("end"))]);
        Expect.Equal<int>("scored", [.. windows.Select(w => w.ScoredTokens)], [.. expected.Select(e => e.Int("scored_tokens"))]);
        Expect.Close("window nll", [.. texts.Select(x => x.NegativeLogLikelihood)], [.. expected.Select(e => e.Number("nll_sum"))], 0, t.Perplexity);
        Expect.Equal("tokens", texts.Sum(x => x.Tokens), s.GetProperty("tokens").GetInt64());
        Expect.Close("nll_sum", texts.Sum(x => x.NegativeLogLikelihood), s.Number("nll_sum"), 0, t.Perplexity);
        Expect.Close("perplexity", Perplexity.OfTokens(texts), s.Number("perplexity"), 0, t.Perplexity);
    }
}
