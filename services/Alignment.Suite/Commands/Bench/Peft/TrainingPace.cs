using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Training;
using Alignment.SupervisedFineTuning.Recipes;
using static TorchSharp.torch;

namespace Alignment.Suite.Commands.Bench.Peft;

/// <summary>
/// Tokens that supervised fine-tuning learns from in a processor second, optimiser included, padding not counted. Two sides take turns and
/// the faster of each side's medians counts, so that a busy machine slows both or neither.
/// </summary>
internal sealed class TrainingPace(string tokenizer, string data, int rounds, CancellationToken cancellation)
{
    private readonly RowEncoder encoder = RowEncoder.Load(tokenizer);
    private readonly IReadOnlyList<SftRow> rows = SftReader.Read([data]);

    /// <summary>How many times as many tokens the first side takes.</summary>
    public double Ratio(Func<CausalModel> model, SftOptions first, SftOptions second)
    {
        double a = 0, b = 0;
        for (var round = 0; round < rounds; round++)
        {
            a = Math.Max(a, Median(model(), first));
            b = Math.Max(b, Median(model(), second));
        }

        return a / b;
    }

    private double Median(CausalModel model, SftOptions options)
    {
        var folder = Directory.CreateTempSubdirectory("bench-peft").FullName;
        try
        {
            using var scope = NewDisposeScope();
            var pace = new Pace();
            var examples = SftRecipe.Examples(options, encoder.Encode(rows, options.Learn), pace);
            using var tuned = TunedModel.Causal(model, options);
            using var run = TrainingRun.Start(options, new(tuned.Trainable, options.Plan(examples.Select(e => e.Ids.Length)), "data", "model"), TrainingFolders.In(folder), pace);
            SftRecipe.Train(tuned.Model, examples, options, run, encoder.PadId, cancellation);
            return pace.Median;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Reads the clock between steps; the first step, which takes measurements and compiles, is left out.</summary>
    private sealed class Pace : IMetricsSink
    {
        private readonly List<(double Tokens, TimeSpan Time)> at = [];

        public double Median
        {
            get
            {
                var all = at.Zip(at.Skip(1), (x, y) => (y.Tokens - x.Tokens) / (y.Time - x.Time).TotalSeconds).Order().ToList();
                return all[all.Count / 2];
            }
        }

        public void Step(StepMetrics metrics) => at.Add((metrics.Values["num_tokens"], Environment.CpuUsage.TotalTime));

        public void Event(RunEvent happened)
        {
        }
    }
}
