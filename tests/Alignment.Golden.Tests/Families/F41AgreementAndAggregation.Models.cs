using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using Alignment.Statistics.Aggregation;

namespace Alignment.Golden.Tests.Families;

public sealed partial class F41AgreementAndAggregation
{
    private static List<VoteAnnotation> Annotations(JsonElement j) => [.. j.Items("annotations_task_worker_label").Select(a => a.Ints()).Select(a => new VoteAnnotation(a[0], a[1], a[2]))];

    /// <summary>mace and glad speak of the annotations of the family's dawid-skene case.</summary>
    private static JsonElement Shared(GoldenCase c) => c.Family.Cases.First(o => o.Json.Has("annotations_task_worker_label")).Json;

    private static double[] Flat(IEnumerable<double[]> rows) => [.. rows.SelectMany(r => r)];

    private static int[] MostLikely(double[][] posterior) => [.. posterior.Select(p => Array.IndexOf(p, p.Max()))];

    private static void CheckDawidSkene(JsonElement j, double tolerance, double probability)
    {
        var votes = Annotations(j);
        DawidSkeneResult Fit(int iterations) => DawidSkene.Fit(votes, j.Int("tasks"), j.Int("workers"), j.Int("categories"), iterations);
        var o = j.GetProperty("out");
        foreach (var s in o.Items("states"))
        {
            var fit = Fit(s.Int("iterations"));
            Expect.Close($"posterior after {s.Int("iterations")}", Flat(fit.Posterior), Flat(s.Matrix("posterior")), probability);
            Expect.Close("log likelihood", fit.LogLikelihood, s.Number("log_likelihood_of_parameters_fitted_to_it"), tolerance, 1e-9);
        }

        foreach (var p in o.EnumerateObject().Where(p => p.Name.StartsWith("prior_after_", StringComparison.Ordinal)))
        {
            var after = p.Name["prior_after_".Length..];
            var fit = Fit(int.Parse(after));
            Expect.Close(p.Name, fit.Prior, p.Value.Numbers(), probability);
            var confusion = o.Items($"confusion_after_{after}_worker_true_observed").Select(w => w.EnumerateArray().Select(r => r.Numbers()));
            Expect.Close("confusion", Flat(fit.Confusion.SelectMany(w => w)), Flat(confusion.SelectMany(w => w)), probability);
            Expect.Equal<int>("map labels", MostLikely(fit.Posterior), o.Ints($"map_labels_after_{after}"));
        }
    }

    private static void CheckMace(GoldenCase c, double tolerance, double probability)
    {
        var (j, data) = (c.Json, Shared(c));
        var votes = Annotations(data);
        foreach (var variant in j.GetProperty("out").EnumerateObject())
        {
            MaceResult Fit(int iterations) => Mace.Fit(votes, data.Int("tasks"), data.Int("categories"),
                j.GetProperty("in").Matrix("initial_spamming"), j.GetProperty("in").Matrix("initial_strategy"), iterations, variational: variant.Name == "vb");
            foreach (var s in variant.Value.Items("states"))
            {
                var fit = Fit(s.Int("iterations"));
                Expect.Close($"{variant.Name} posterior", Flat(fit.Posterior), Flat(s.Matrix("posterior")), probability);
                Expect.Close($"{variant.Name} log marginal likelihood", fit.LogMarginalLikelihood, s.Number("log_marginal_likelihood"), tolerance, 1e-9);
            }

            foreach (var p in variant.Value.EnumerateObject().Where(p => p.Name.StartsWith("strategy_after_", StringComparison.Ordinal)))
            {
                var after = p.Name["strategy_after_".Length..];
                var fit = Fit(int.Parse(after));
                Expect.Close($"{variant.Name} strategy", Flat(fit.Strategy), Flat(variant.Value.Matrix(p.Name)), probability);
                Expect.Close($"{variant.Name} spamming", Flat(fit.Spamming), Flat(variant.Value.Matrix($"spamming_after_{after}_spam_know")), probability);
                Expect.Equal<int>($"{variant.Name} map labels", MostLikely(fit.Posterior), variant.Value.Ints($"map_labels_after_{after}"));
            }
        }
    }

    private static void CheckGlad(GoldenCase c)
    {
        var o = c.Json.GetProperty("out");
        var votes = Annotations(Shared(c)).Select(v => v with { Label = Math.Min(v.Label, 1) }).ToList();
        Expect.Close("posterior_of_1", Glad.Posterior(votes, o.Numbers("alpha"), o.Numbers("beta")), o.Numbers("posterior_of_1"), c.Family.Tolerance("em_probabilities_abs"));
    }

    private static void CheckTies(JsonElement j, double iterative)
    {
        List<Game> games = [.. j.Items("games").Select(g => g.Numbers()).Select(g => new Game((int)g[0], (int)g[1], g[2]))];
        foreach (var e in j.Items("out"))
        {
            var model = e.GetProperty("model").GetString() switch
            {
                "ties-as-half" => TieModel.HalfWin,
                "davidson" => TieModel.Davidson,
                "rao-kupper" => TieModel.RaoKupper,
                var m => throw new UnsupportedCaseException($"tie model {m}"),
            };
            var fit = PairedComparison.Fit(games, j.Int("players"), model, e.GetProperty("home_advantage").GetBoolean());
            Expect.Close($"{model} theta", fit.Theta, e.Numbers("theta_mean_zero"), iterative);
            Expect.Close($"{model} log likelihood", fit.LogLikelihood, e.Number("log_likelihood"), iterative);
            foreach (var (name, value) in new[] { ("eta_home", fit.Home), ("log_nu", fit.Tie), ("nu", Math.Exp(fit.Tie)), ("log_threshold", fit.Tie), ("threshold", Math.Exp(fit.Tie)) }.Where(v => e.Has(v.Item1)))
            {
                Expect.Close($"{model} {name}", value, e.Number(name), iterative);
            }
        }
    }

    private static void CheckPlackettLuce(JsonElement j, double iterative)
    {
        foreach (var c in j.Items("cases"))
        {
            var fit = PlackettLuce.Fit([.. c.Items("rankings_best_first").Select(r => r.Ints())], c.Int("items"));
            Expect.Close("theta", fit.Theta, c.Numbers("theta_mean_zero"), iterative);
            Expect.Close("log likelihood", fit.LogLikelihood, c.Number("log_likelihood"), iterative);
        }
    }
}
