using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using Alignment.Statistics.Aggregation;
using Alignment.Statistics.Drift;
using Alignment.Statistics.Selection;

namespace Alignment.Golden.Tests.Families;

public sealed partial class F38EvaluationMetrics
{
    private static void CheckRatings(JsonElement j, Tolerances t)
    {
        List<Game> games = [.. j.Items("games").Select(g => g.Numbers()).Select(g => new Game((int)g[0], (int)g[1], g[2]))];
        var o = j.GetProperty("out");
        var players = o.GetProperty("elo_final").GetArrayLength();
        Expect.Close("elo_final", Elo.Rate(games, players), o.Numbers("elo_final"), t.Abs, 1e-12);
        foreach (var p in o.EnumerateObject().Where(p => p.Name.StartsWith("elo_after_game_", StringComparison.Ordinal)))
        {
            var after = p.Name["elo_after_game_".Length..].Split('_').Select(int.Parse).ToArray();
            foreach (var (n, i) in after.Select((n, i) => (n, i)))
            {
                Expect.Close($"elo after {n}", Elo.Rate(games.Take(n), players), p.Value[i].Numbers(), t.Abs, 1e-12);
            }
        }

        var half = PairedComparison.Fit(games, players, TieModel.HalfWin, homeAdvantage: false);
        Expect.Close("theta_ties_half", half.Theta, o.Numbers("bradley_terry_theta_ties_half"), t.Fit, t.Fit);
        Expect.Close("elo_scale", [.. half.Theta.Select(x => Elo.FromLogStrength(x))], o.Numbers("bradley_terry_elo_scale"), 0, t.Fit);
        var decisive = PairedComparison.Fit([.. games.Where(g => g.Score != 0.5)], players, TieModel.HalfWin, homeAdvantage: false);
        Expect.Close("theta_decisive", decisive.Theta, o.Numbers("bradley_terry_theta_decisive_games_only"), t.Fit, t.Fit);
        var wins = Enumerable.Range(0, players).SelectMany(a => Enumerable.Range(0, players).Select(b => (double)games.Count(g => (g.First == a && g.Second == b && g.Score == 1) || (g.First == b && g.Second == a && g.Score == 0))));
        Expect.Close("decisive wins", [.. wins], [.. o.Matrix("decisive_win_counts_row_beats_column").SelectMany(r => r)], 0);
    }

    private static void CheckBestOfN(JsonElement j, Tolerances t)
    {
        foreach (var c in j.Items("pass_at_k"))
        {
            Expect.Close("pass_at_k", BestOfN.PassAt(c.Int("samples"), c.Int("correct"), c.Int("k")), c.Number("pass_at_k"), t.Abs);
        }

        var rewards = j.Numbers("rewards");
        foreach (var c in j.Items("best_of_n"))
        {
            var n = c.Int("n");
            Expect.Close("kl_bound", BestOfN.KlBound(n), c.Number("kl_bound"), t.Abs);
            Expect.Close("with replacement", BestOfN.ExpectedWithReplacement(rewards, n), c.Number("expected_best_with_replacement"), t.Abs);
            if (c.Has("expected_best_without_replacement") && c.GetProperty("expected_best_without_replacement").ValueKind != JsonValueKind.Null)
            {
                Expect.Close("without replacement", BestOfN.Estimate(rewards, n), c.Number("expected_best_without_replacement"), t.Abs);
            }
        }
    }

    private static void CheckDrift(JsonElement j, Tolerances t)
    {
        foreach (var c in j.Items("population_stability_index"))
        {
            double[] expected, actual;
            if (c.Has("reference_sample"))
            {
                var (reference, current) = (c.Numbers("reference_sample"), c.Numbers("current_sample"));
                var edges = Divergence.InnerEdges(reference, c.GetProperty("inner_edges_deciles_of_reference").GetArrayLength() + 1);
                Expect.Close("edges", edges, c.Numbers("inner_edges_deciles_of_reference"), t.Abs);
                Expect.Equal<int>("reference counts", Divergence.Counts(reference, edges), c.Ints("reference_counts"));
                Expect.Equal<int>("current counts", Divergence.Counts(current, edges), c.Ints("current_counts"));
                expected = [.. Divergence.Counts(reference, edges).Select(n => (double)n / reference.Length)];
                actual = [.. Divergence.Counts(current, edges).Select(n => (double)n / current.Length)];
            }
            else
            {
                (expected, actual) = (c.Numbers("expected_shares"), c.Numbers("actual_shares"));
            }

            Expect.Close("psi", Divergence.PopulationStabilityIndex(expected, actual, c.Number("floor")), c.Number("psi"), t.Abs);
        }

        foreach (var c in j.Items("jensen_shannon"))
        {
            var nats = Divergence.JensenShannon(c.Numbers("p"), c.Numbers("q"));
            Expect.Close("js", [nats, nats / Math.Log(2), Math.Sqrt(nats / Math.Log(2))],
                [c.Number("divergence_nats"), c.Number("divergence_bits"), c.Number("distance_base_2")], t.Abs);
        }

        foreach (var c in j.Items("maximum_mean_discrepancy"))
        {
            var (x, y) = (c.Matrix("x"), c.Matrix("y"));
            var sigma = c.GetProperty("sigma_is_median_distance").GetBoolean() ? MaximumMeanDiscrepancy.MedianDistance(x, y) : c.Number("sigma");
            Expect.Close("sigma", sigma, c.Number("sigma"), t.Abs);
            Expect.Close("mmd2_biased", MaximumMeanDiscrepancy.Squared(x, y, sigma, unbiased: false), c.Number("mmd2_biased"), t.Abs);
            Expect.Close("mmd2_unbiased", MaximumMeanDiscrepancy.Squared(x, y, sigma, unbiased: true), c.Number("mmd2_unbiased"), t.Abs);
        }
    }
}
