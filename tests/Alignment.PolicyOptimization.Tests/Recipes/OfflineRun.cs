using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Recipes;
using static TorchSharp.torch;

namespace Alignment.PolicyOptimization.Tests.Recipes;

/// <summary>Runs any of the offline recipes on the tiny model; returns the checkpoint's digest.</summary>
internal static class OfflineRun
{
    public static string Of(TrainingOptions options, string folder, IMetricsSink metrics)
    {
        TrainingRun.Prepare(options);
        using var scope = NewDisposeScope();
        using var tuned = TunedModel.Causal(TinyPolicy.Create(), options);
        var folders = TrainingFolders.In(folder);
        return options switch
        {
            CpoRecipeOptions o => Finish(tuned, o, folders, metrics, Pairs(o, tuned), run => CpoRecipe.Train(tuned.Model, TinyPolicy.Pairs(), o, run, 0, CancellationToken.None)),
            OrpoRecipeOptions o => Finish(tuned, o, folders, metrics, Pairs(o, tuned), run => OrpoRecipe.Train(tuned.Model, TinyPolicy.Pairs(), o, run, 0, CancellationToken.None)),
            KtoRecipeOptions o => Kto(o, tuned, folders, metrics),
            BcoRecipeOptions o => Bco(o, tuned, folders, metrics),
            _ => throw new ArgumentException("unknown options", nameof(options)),
        };
    }

    private static RunInputs Pairs(TrainingOptions options, TunedModel<CausalModel> tuned) =>
        new(tuned.Trainable, options.Plan(TinyPolicy.Pairs().Select(p => p.Length)), "data", "model");

    private static string Kto(KtoRecipeOptions o, TunedModel<CausalModel> tuned, TrainingFolders folders, IMetricsSink metrics)
    {
        var examples = KtoExample.Join(TinyPolicy.Labelled(), o);
        using var reference = Reference.Create(o, tuned, "base", KtoRecipe.Task(o, examples, 0), folders, metrics);
        var inputs = new RunInputs(tuned.Trainable, o.Plan(examples.Select(e => e.Length)), "data", "model");
        return Finish(tuned, o, folders, metrics, inputs, run => KtoRecipe.Train(tuned.Model, reference, examples, o, run, 0, CancellationToken.None));
    }

    private static string Bco(BcoRecipeOptions o, TunedModel<CausalModel> tuned, TrainingFolders folders, IMetricsSink metrics)
    {
        var rows = TinyPolicy.Labelled();
        using var reference = Reference.Create(o, tuned, "base", BcoRecipe.Task(rows, 0), folders, metrics);
        var weights = PromptWeights.Of(o, tuned, [], rows, 0, metrics);
        using var moments = new SavedMoments("bco.delta");
        var inputs = new RunInputs(tuned.Trainable, o.Plan(rows.Select(r => r.Length)), "data", "model") { Companions = [moments.Saved] };
        return Finish(tuned, o, folders, metrics, inputs, run => BcoRecipe.Train(tuned.Model, reference, rows, weights, moments, o, run, 0, CancellationToken.None));
    }

    private static string Finish(TunedModel<CausalModel> tuned, TrainingOptions options, TrainingFolders folders, IMetricsSink metrics, RunInputs inputs, Action<TrainingRun> train)
    {
        using var run = TrainingRun.Start(options, inputs, folders, metrics);
        train(run);
        return run.Result(CheckpointPublication.Publish(folders, tuned.Save)).Digest;
    }
}
