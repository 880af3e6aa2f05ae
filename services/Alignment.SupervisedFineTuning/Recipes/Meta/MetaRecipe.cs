using System.Text.Json.Nodes;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Training;

namespace Alignment.SupervisedFineTuning.Recipes.Meta;

/// <summary>
/// Meta fine-tuning: trains on many tasks by MetaICL, Reptile, first-order MAML or the plain mixture, then measures on tasks that no training
/// has seen how far k examples take it, beside plain multi-task training on as many answers. The checkpoint is the meta-trained model.
/// </summary>
public static class MetaRecipe
{
    public static TrainingResult Run(MetaOptions options, IReadOnlyList<TaskRow> rows, TrainingFolders folders, IMetricsSink metrics, CancellationToken cancellation)
    {
        var split = TaskSplit.Of(rows, options);
        var encoder = RowEncoder.Load(options.Model);
        var show = new Demonstrations(encoder, options.MaxLength);
        var curve = new KShotCurve(options, split.Unseen, show, encoder.PadId);
        metrics.Event(new(0, "tasks", $"{split.Seen.Count} tasks to learn from, {split.Unseen.Count} unseen"));

        // 1. The meta-trained model, 2. its curve, 3. the plain mixture on as many rows and its curve, 4. publish.
        TrainingRun.Prepare(options, metrics);
        using var tuned = TunedModel.Causal(options);
        var (inputs, train) = Plan(options, options.Algorithm, split.Seen, encoder, show, tuned);
        inputs = inputs.With(tuned, options, encoder, folders, Measured(options, split.Seen, encoder, tuned));
        using var run = TrainingRun.Start(options, inputs, folders, metrics);
        train(run, cancellation);
        var own = curve.Of(tuned.Model, tuned.Trainable, options.Adapts, cancellation);
        Say(metrics, run.StepsDone, "k_shot", options.Algorithm, own);
        var baseline = options.Baseline && options.Algorithm != "multitask" ? Baseline(options, split, encoder, show, curve, folders, metrics, cancellation) : null;
        var result = MetaResult.Json(options, split, own, baseline);
        return run.Publish(tuned, "meta", options, inputs, folders,
            folder => File.WriteAllText(Path.Combine(folder, MetaResult.FileName), result.ToJsonString(new() { WriteIndented = true }) + "\n"), new JsonObject { ["k_shot"] = result });
    }

    /// <summary>Rows without demonstrations: of <c>evaluation.data</c>, or some that are learned from.</summary>
    private static HeldOut Measured(MetaOptions options, IReadOnlyList<TaskSet> seen, RowEncoder encoder, TunedModel<CausalModel> tuned)
    {
        var rows = options.Evaluation.Data.Count > 0 ? SftReader.Read(options.Evaluation.Data) : HeldOut.SampleOf([.. seen.SelectMany(t => t.Rows)]);
        return HeldOut.Of(tuned.Model, [.. encoder.Encode(rows).Select(r => r.Truncate(options.MaxLength, keepEnd: true)).Where(r => r.Targets > 0)], encoder.PadId, options.BatchSize);
    }

    private static IReadOnlyList<KShotPoint> Baseline(
        MetaOptions options, TaskSplit split, RowEncoder encoder, Demonstrations show, KShotCurve curve, TrainingFolders folders, IMetricsSink metrics, CancellationToken cancellation)
    {
        TrainingRun.Prepare(options, metrics);
        using var plain = TunedModel.Causal(options);
        var (inputs, train) = Plan(options, "multitask", split.Seen, encoder, show, plain);
        var own = new TrainingFolders(folders.Checkpoint, Path.Combine(folders.State, "multitask"));
        using var run = TrainingRun.Start(options, inputs with { Extensions = [] }, own, new EventsOnly("plain mixture", metrics));
        train(run, cancellation);
        var points = curve.Of(plain.Model, plain.Trainable, options.Adapts, cancellation);
        Say(metrics, run.StepsDone, "k_shot_multitask", "plain mixture", points);
        return points;
    }

    /// <summary>What is drawn, and the loop over it. The plain mixture gets as many answers a step as the algorithm it is compared with.</summary>
    private static (RunInputs Inputs, Action<TrainingRun, CancellationToken> Train) Plan(
        MetaOptions options, string algorithm, IReadOnlyList<TaskSet> tasks, RowEncoder encoder, Demonstrations show, TunedModel<CausalModel> tuned)
    {
        var draws = options.Draws > 0 ? options.Draws : tasks.Sum(t => t.Rows.Count);
        draws = options.MaxSteps > 0 ? (int)Math.Min(draws, (long)options.MaxSteps * options.BatchSize * options.GradientAccumulation) : draws;
        var digest = FolderDigest.OfModel(options.Model);
        if (algorithm is "reptile" or "fomaml")
        {
            var episodes = Episodes.Tasks(tasks, options, show, draws);
            var seen = DataDigest.Of(episodes.SelectMany(e => e.Support.SelectMany(s => s).Concat(e.Query)));
            return (new(tuned.Trainable, options.Plan(episodes.Select(_ => 1)), seen, digest),
                (run, cancellation) => AdaptationLoop.Train(tuned.Model, tuned.Trainable, episodes, options, run, encoder.PadId, cancellation));
        }

        var perDraw = algorithm == "multitask" ? options.AnswersPerDraw : 1;
        var told = algorithm == "metaicl" && options.LearnsEveryAnswer ? new Demonstrations(encoder, options.MaxLength, everyAnswer: true) : show;
        var rows = Episodes.Rows(tasks, options, told, draws * perDraw, algorithm == "metaicl" ? options.Demonstrations : 0);
        var plan = new BatchPlan([.. rows.Select(r => r.Ids.Length)], new(options.BatchSize * perDraw, options.GradientAccumulation, options.Epochs, options.MaxSteps, options.Seed, options.Order == "sequential", options.LengthPool));
        return (new(tuned.Trainable, plan, DataDigest.Of(rows), digest), (run, cancellation) => SftRecipe.Train(tuned.Model, rows, new SftOptions { Regularisation = options.Regularisation }, run, encoder.PadId, cancellation));
    }

    private static void Say(IMetricsSink metrics, int step, string name, string who, IReadOnlyList<KShotPoint> curve) =>
        metrics.Event(new(step, name, MetaResult.Sentence(who, curve)) { Values = MetaResult.Values(curve) });

    /// <summary>The second run's steps would look like the first's: only its events are passed on, under its name.</summary>
    private sealed class EventsOnly(string who, IMetricsSink sink) : IMetricsSink
    {
        public void Step(StepMetrics metrics)
        {
        }

        // Not "started" or "resumed", which would make the sink drop lines of the first run.
        public void Event(RunEvent happened) => sink.Event(happened with { Name = "multitask_" + happened.Name, Message = $"{who}: {happened.Message}" });
    }
}
