using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using Alignment.Text.Metrics;

namespace Alignment.Golden.Tests.Families;

public sealed partial class F38EvaluationMetrics
{
    private static void CheckOverlap(JsonElement j, Tolerances t)
    {
        var texts = new List<(string Hypothesis, IReadOnlyList<string> References)>();
        var rouge = new List<double>();
        foreach (var c in j.Items("cases"))
        {
            var (hypothesis, references) = (c.GetProperty("hypothesis").GetString()!, (string[])[.. c.Items("references").Select(r => r.GetString()!)]);
            texts.Add((hypothesis, references));
            rouge.Add(Rouge.L(references[0], hypothesis).F);
            CheckOne(c, hypothesis, references, t);
        }

        var o = j.GetProperty("corpus");
        foreach (var (name, smoothing, lower) in new[]
        {
            ("bleu_exp", BleuSmoothing.Exp, false), ("bleu_no_smoothing", BleuSmoothing.None, false), ("bleu_add_1", BleuSmoothing.AddK, false), ("bleu_floor_0.1", BleuSmoothing.Floor, false), ("bleu_lowercase", BleuSmoothing.Exp, true),
        })
        {
            CheckBleu(name, Bleu.Of(texts, smoothing, lowercase: lower), o.GetProperty(name), t);
        }

        Expect.Close("chrf", ChrF.Of(texts), o.Number("chrf"), t.Abs);
        Expect.Close("chrf++", ChrF.Of(texts, 2), o.Number("chrf_plus_plus"), t.Abs);
        Expect.Close("rougeL", rouge.Average(), o.Number("rougeL_mean_f_first_reference"), t.Abs);
    }

    private static void CheckOne(JsonElement c, string hypothesis, string[] references, Tolerances t)
    {
        Expect.Equal("exact", ExactMatch.Of(hypothesis, references) ? 1.0 : 0, c.Number("exact_match"));
        Expect.Equal("stripped", ExactMatch.Of(hypothesis, references, s => s.Trim()) ? 1.0 : 0, c.Number("exact_match_stripped"));
        Expect.Equal("normalised", ExactMatch.Of(hypothesis, references, ExactMatch.Normalise) ? 1.0 : 0, c.Number("exact_match_normalised"));
        Expect.Equal("normal form", ExactMatch.Normalise(hypothesis), c.GetProperty("normalised_hypothesis").GetString());
        var tokens = c.GetProperty("tokens_13a");
        Expect.Equal<string?>("tokens", Bleu.Tokens(hypothesis), [.. tokens.Items("hypothesis").Select(x => x.GetString())]);
        foreach (var (reference, expected) in references.Zip(tokens.Items("references")))
        {
            Expect.Equal<string?>("reference tokens", Bleu.Tokens(reference), [.. expected.EnumerateArray().Select(x => x.GetString())]);
        }

        CheckBleu("sentence", Bleu.Of([(hypothesis, references)], effectiveOrder: true), c.GetProperty("sentence_bleu_effective_order"), t);
        Expect.Close("chrf", ChrF.Of([(hypothesis, references)]), c.Number("chrf"), t.Abs);
        Expect.Close("chrf++", ChrF.Of([(hypothesis, references)], 2), c.Number("chrf_plus_plus"), t.Abs);
        var rouge = c.GetProperty("rouge_against_first_reference");
        foreach (var (name, score) in new[]
        {
            ("rouge1", Rouge.N(references[0], hypothesis, 1)), ("rouge2", Rouge.N(references[0], hypothesis, 2)), ("rougeL", Rouge.L(references[0], hypothesis)), ("rougeLsum", Rouge.LSum(references[0], hypothesis)),
        })
        {
            var e = rouge.GetProperty(name);
            Expect.Close(name, [score.Precision, score.Recall, score.F], [e.Number("precision"), e.Number("recall"), e.Number("f")], t.Abs);
        }
    }

    private static void CheckBleu(string name, BleuScore score, JsonElement e, Tolerances t)
    {
        Expect.Close($"{name} score", score.Score, e.Number("score"), t.Abs);
        Expect.Equal<int>($"{name} counts", score.Counts, e.Ints("counts"));
        Expect.Equal<int>($"{name} totals", score.Totals, e.Ints("totals"));
        Expect.Close($"{name} precisions", [.. score.Precisions], e.Numbers("precisions"), t.Abs);
        Expect.Close($"{name} penalty", score.BrevityPenalty, e.Number("brevity_penalty"), t.Abs);
        Expect.Equal($"{name} lengths", (score.HypothesisLength, score.ReferenceLength), (e.Int("sys_len"), e.Int("ref_len")));
    }
}
