using Alignment.ModelCore.Data;
using Alignment.ModelCore.Losses;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Optimization;
using Alignment.ModelCore.Training;
using static TorchSharp.torch;

namespace Alignment.SupervisedFineTuning.Recipes.Meta;

/// <summary>A few gradient steps on one task, and the way back. Its optimiser is new for each task.</summary>
internal sealed class InnerLoop(CausalModel model, IReadOnlyList<(string Name, Tensor Value)> trainable, MetaOptions options, int padId)
{
    /// <summary>Token mean of −log p over the rows' targets, smoothed where the options ask for it, with a graph.</summary>
    public Tensor Loss(IReadOnlyList<TokenRow> rows)
    {
        var batch = TokenBatch.Of(rows, padId);
        return SftLoss.FromHidden(model.Hidden(batch.InputIds), model.HeadWeight, null, batch.Labels, labelSmoothing: options.Regularisation.LabelSmoothing).Loss;
    }

    /// <summary>Sums over the rows: target tokens ranked first, rows with every target ranked first, −log p.</summary>
    public KShotScore Answers(IReadOnlyList<TokenRow> rows)
    {
        var batch = TokenBatch.Of(rows, padId);
        var (token, mask) = HeadLogProbs.Shifted(model.Hidden(batch.InputIds), model.HeadWeight, null, batch.Labels);
        var first = token.IsTop1.to_type(ScalarType.Bool);
        return new(Masked.Sum(token.IsTop1, mask).ToDouble(), first.logical_or(mask.logical_not()).all(1).sum().ToDouble(), -Masked.Sum(token.LogProbs, mask).ToDouble());
    }

    /// <summary>Copies of the weights as they are.</summary>
    public IReadOnlyList<Tensor> Keep()
    {
        using var none = no_grad();
        return [.. trainable.Select(t => t.Value.detach().clone())];
    }

    public void Restore(IReadOnlyList<Tensor> kept)
    {
        using var none = no_grad();
        foreach (var ((_, value), before) in trainable.Zip(kept))
        {
            value.copy_(before);
        }
    }

    /// <summary>One optimiser step on each batch; returns the mean of the losses before each step. Gradients are dropped.</summary>
    public double Adapt(IReadOnlyList<IReadOnlyList<TokenRow>> batches)
    {
        using IOptimizer optimizer = options.InnerOptimizer == "sgd" ? new Sgd([new(trainable)]) : new AdamW([new(trainable)], new AdamOptions(Beta1: 0));
        optimizer.ZeroGradients();
        var sum = 0.0;
        foreach (var rows in batches)
        {
            using var scope = NewDisposeScope();
            var loss = Loss(rows);
            loss.backward();
            sum += loss.to_type(ScalarType.Float64).item<double>();
            optimizer.Step(options.InnerLearningRate);
            optimizer.ZeroGradients();
        }

        return batches.Count == 0 ? 0 : sum / batches.Count;
    }
}
