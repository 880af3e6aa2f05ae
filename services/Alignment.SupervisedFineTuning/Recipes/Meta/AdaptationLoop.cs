using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Training;
using static TorchSharp.torch;

namespace Alignment.SupervisedFineTuning.Recipes.Meta;

/// <summary>
/// Reptile (Nichol, Achiam &amp; Schulman 2018, alg. 1): after k steps on a task from θ to φ, θ − φ is the gradient; with <c>optimizer: sgd</c> and
/// rate ε this is θ ← θ + ε(φ − θ). First-order MAML (Finn et al. 2017, §5.2): the gradient at φ of the loss on other rows of the task is taken
/// as θ's. A step is the mean over its tasks. What learns is what the tuning method lets learn: adapters, or every weight.
/// </summary>
internal static class AdaptationLoop
{
    public static void Train(CausalModel model, IReadOnlyList<(string Name, Tensor Value)> trainable, IReadOnlyList<Episode> episodes, MetaOptions options, TrainingRun run, int padId, CancellationToken cancellation)
    {
        var inner = new InnerLoop(model, trainable, options, padId);
        model.train();
        while (run.Next(cancellation))
        {
            // 1. The tasks of this step.
            var tasks = run.MicroBatches.SelectMany(b => b).Select(i => episodes[i]).ToList();
            var means = new StepMeans();
            foreach (var task in tasks)
            {
                // 2. To the task and back; what earlier tasks of the step contributed is kept meanwhile.
                using var scope = NewDisposeScope();
                var gradients = trainable.Select(t => t.Value.grad?.clone()).ToList();
                var start = inner.Keep();
                means.Add("inner_loss", inner.Adapt(task.Support));
                if (options.Algorithm == "fomaml")
                {
                    // 3a. The gradient where the task led to.
                    means.Add("query_loss", run.Backward(() => inner.Loss(task.Query).div(tensor((double)tasks.Count))) * tasks.Count);
                    inner.Restore(start);
                }
                else
                {
                    // 3b. The way it took.
                    Displacement(trainable, start, tasks.Count);
                    inner.Restore(start);
                    run.Count(means.Values["inner_loss"] / tasks.Count);
                }

                Add(trainable, gradients);
            }

            // 4. Clip, update, log, save when due.
            var rows = tasks.SelectMany(t => t.Support.SelectMany(s => s).Concat(options.Algorithm == "fomaml" ? t.Query : [])).ToList();
            run.Update(rows.Sum(r => (long)r.Ids.Length), means.Values, () => RowsJson.Of(rows));
        }

        model.eval();
    }

    private static void Displacement(IReadOnlyList<(string Name, Tensor Value)> trainable, IReadOnlyList<Tensor> start, int tasks)
    {
        using var none = no_grad();
        foreach (var ((_, value), before) in trainable.Zip(start))
        {
            value.grad = before.sub(value).div(tensor((double)tasks, value.dtype));
        }
    }

    private static void Add(IReadOnlyList<(string Name, Tensor Value)> trainable, List<Tensor?> before)
    {
        using var none = no_grad();
        foreach (var ((_, value), earlier) in trainable.Zip(before))
        {
            if (earlier is not null)
            {
                value.grad = value.grad is { } now ? now.add(earlier, ModelCore.Native.Scalars.One) : earlier;
            }
        }
    }
}
