using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Modules;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Training;

/// <summary>
/// A checkpoint opened for training by the section <c>tuning</c>: the model, what of it learns, its base where that is still there, and
/// how the result is written. Recipes ask this and never which method is in use.
/// </summary>
/// <typeparam name="T"><see cref="CausalModel"/> or <see cref="ScoringModel"/>.</typeparam>
public sealed class TunedModel<T> : IDisposable
    where T : nn.Module
{
    private readonly TrainingOptions options;

    internal TunedModel(T model, TrainingOptions options)
    {
        (Model, this.options) = (model, options);
        LayerFreezing.Apply(model, options.Tuning);
        Trainable = model.Trainable();
    }

    public T Model { get; }

    /// <summary>The parameters that learn, by name.</summary>
    public IReadOnlyList<(string Name, Tensor Value)> Trainable { get; }

    /// <summary>Whether the starting model is still inside: with an adapter, the base is the reference and needs no second copy.</summary>
    public bool HoldsBase => false;

    /// <summary>Switches to the base until disposed; only where <see cref="HoldsBase"/>.</summary>
    public IDisposable AsBase() => throw new InvalidOperationException("This model was trained in full: its base is not inside it.");

    /// <summary>Writes the checkpoint: a Hugging Face folder, with the tokenizer's files of the starting checkpoint.</summary>
    public void Save(string folder)
    {
        var how = new SaveOptions { CopyFilesFrom = options.Model, DType = options.SaveType };
        switch (Model)
        {
            case CausalModel causal:
                CheckpointWriter.Save(causal, folder, how);
                break;
            case ScoringModel scoring:
                CheckpointWriter.Save(scoring, folder, how);
                break;
            default:
                throw new NotSupportedException($"{Model.GetType().Name} has no checkpoint form.");
        }
    }

    public void Dispose() => Model.Dispose();
}

/// <summary>Opens the starting checkpoint of a run.</summary>
public static class TunedModel
{
    /// <summary>The language model at <c>options.Model</c>.</summary>
    public static TunedModel<CausalModel> Causal(TrainingOptions options) => Causal(CheckpointReader.LoadCausal(options.Model, ScalarType.Float32), options);

    /// <summary>A language model that is there already.</summary>
    public static TunedModel<CausalModel> Causal(CausalModel model, TrainingOptions options) => new(model, options);

    /// <summary>The scoring model at <c>options.Model</c>; a language model gets a new head of <paramref name="labels"/> scores from the seed.</summary>
    public static TunedModel<ScoringModel> Scoring(TrainingOptions options, int labels = 1) =>
        Scoring(CheckpointReader.LoadScoring(options.Model, new LoadOptions { DType = ScalarType.Float32, NewHeadSeed = (ulong)options.Seed, NewHeadLabels = labels }, out _), options);

    /// <summary>A scoring model that is there already.</summary>
    public static TunedModel<ScoringModel> Scoring(ScoringModel model, TrainingOptions options) => new(model, options);
}
