using Alignment.ModelCore.Adapters;
using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Native;
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
    private const string PeftPrefix = "base_model.model.";
    private readonly TrainingOptions options;
    private readonly Lazy<HashSet<string>> own;
        private bool absorbed;

    /// <param name="going">The adapter that the starting folder holds, which goes on learning.</param>
    internal TunedModel(T model, DecoderConfig decoder, TrainingOptions options, AdapterSet? going = null)
    {
        (Model, this.options) = (model, options);
        own = new(() => [.. model.named_parameters().Select(p => p.name)]);
        Continued = going is not null;
        if (!Continued)
        {
            CheckBase(model, options.Tuning);
            LayerFreezing.Apply(model, options.Tuning);
        }

        TunedModel.ComputeIn(model, options.ComputeType);
        if (options.Regularisation.Dropout is { } dropout)
        {
            model.SetDropout(dropout);
        }

        if (!Continued && !options.Tuning.IsAdapter)
        {
            Trainable = model.Trainable();
            return;
        }

        Adapter = going ?? Fresh(model, decoder, options);
        Trainable = [.. Adapter.Tensors.Select(t => (t.Key, (Tensor)t.Value))];
        if (options.Tuning.Merge == true && Adapter.CannotMerge is { } reason)
        {
            throw new OptionsException([$"tuning.merge: the result cannot be merged, because {reason}. Remove the key, or set it to false."]);
        }

        if (options.Tuning.Merge == false && Continued && Home == Path.GetFullPath(options.Model))
        {
            throw new OptionsException([$"tuning.merge: false writes an adapter that names its base, and the base of {options.Model} lies beside the adapter. Remove the key: the result will have the same form."]);
        }
    }

    private static AdapterSet Fresh(T model, DecoderConfig decoder, TrainingOptions options)
    {
        var config = AdapterBuilder.Configure(options.Tuning, decoder);
        if (options.Tuning.PromptText.Length > 0)
        {
            config.Json["tokenizer_name_or_path"] = Path.GetFullPath(options.Model);
        }

        try
        {
            TuningTargets.Settle(model, decoder, options.Tuning, config);
            return AdapterBuilder.Create(model, config, (ulong)options.Seed);
        }
        catch (AdapterException e)
        {
            // The user wrote the section, not the file that the adapter will have.
            throw new OptionsException([$"tuning: {e.Message.Replace("adapter_config.json: ", "", StringComparison.Ordinal)}"]);
        }
    }

    public T Model { get; }

    /// <summary>Whether an adapter that was there goes on learning: then the base is not what the run starts from.</summary>
    public bool Continued { get; }

    /// <summary>What learns beside a frozen base; null where the model's own parameters do.</summary>
    public AdapterSet? Adapter { get; }

    /// <summary>The parameters that learn, by name.</summary>
    public IReadOnlyList<(string Name, Tensor Value)> Trainable { get; }

    /// <summary>Whether the starting checkpoint does not have this parameter: an adapter's, or a score head's that a language model got.</summary>
    public bool IsNew(string parameter) => Continued ? false : Adapter is not null ? !own.Value.Contains(parameter.StartsWith(PeftPrefix, StringComparison.Ordinal) ? parameter[PeftPrefix.Length..] : parameter)
        : Model is ScoringModel scoring && parameter.StartsWith(scoring.HeadName + ".", StringComparison.Ordinal) && AdapterOpening.ConfigOf(options.Model).Head == HeadKind.Language;

    /// <summary>Whether the starting model is still inside: with an adapter, the base is the reference and needs no second copy.</summary>
    public bool HoldsBase => Adapter is { ChangesBase: false } && !Continued;

    /// <summary>
    /// The base's parameters that the adapter would change if it were folded in: the parameter, a copy of it, and what it would be. Call
    /// <see cref="Absorb"/> before writing into them.
    /// </summary>
    internal IReadOnlyList<(Tensor Target, Tensor Start, Tensor Trained)> Folded()
    {
        var merged = Adapter!.MergedValues();
        return [.. Model.named_parameters().Select(p => (Target: (Tensor)p.parameter, Trained: merged(p.name, p.parameter))).Where(p => p.Target.Handle != p.Trained.Handle)
            .Select(p => (p.Target, p.Target.detach().clone(), p.Trained.detach().clone()))];
    }

    /// <summary>The adapter is off for good: what it learned has gone into the base's parameters, which are the result.</summary>
    internal void Absorb()
    {
        Adapter!.Disable();
        absorbed = true;
    }

    /// <summary>Why the result cannot be a weight-wise average of base and base with adapter; null: it can.</summary>
    internal string? CannotFold => Adapter switch
    {
        null => null,
        { CannotMerge: { } reason } => reason,
        { MergeIsLossy: true } => "the base is quantised",
        { ChangesBase: true } => "the adapter took its start out of the base (init_lora_weights)",
        _ => Continued ? "the run went on training an adapter, so its start is not the base" : options.Tuning.Merge == false ? "tuning.merge: false keeps the adapter apart" : null,
    };

    /// <summary>Switches to the base until disposed; only where <see cref="HoldsBase"/>.</summary>
    public IDisposable AsBase() => HoldsBase ? new BaseScope(Adapter!) : throw new InvalidOperationException("The starting model is not inside this one: it was trained in full, or its adapter took something out of it.");

    /// <summary>
    /// Writes the checkpoint with the tokenizer's files of the starting one: a Hugging Face folder with the adapter merged into it; where
    /// that is impossible or would lose something, the base with the adapter beside it; with <c>tuning.merge: false</c> a PEFT folder
    /// that names its base.
    /// </summary>
    public void Save(string folder)
    {
        var how = new SaveOptions { CopyFilesFrom = AdapterOpening.FilesOf(options.Model), DType = options.SaveType };
        if (Adapter is null || absorbed)
        {
            Write(folder, how);
        }
        else if (options.Tuning.Merge == false)
        {
            Adapter.Config.Json["base_model_name_or_path"] = Continued ? Home : Path.GetFullPath(options.Model);
            AdapterFolder.Save(Adapter, folder, options.SaveType);
            CheckpointWriter.CopyCompanions(how.CopyFilesFrom, folder);
        }
        else if (Adapter.CannotMerge is not null || (Adapter.MergeIsLossy && options.Tuning.Merge is null))
        {
            using (new BaseScope(Adapter))
            {
                Write(folder, how);
            }

            Adapter.Config.Json["base_model_name_or_path"] = AdapterFolder.Itself;
            AdapterFolder.Save(Adapter, folder, options.SaveType);
        }
        else if (Adapter.MergeIsLossy)
        {
            Adapter.Merge();
            Write(folder, how);
            Adapter.Unmerge();
        }
        else
        {
            Write(folder, how with { Change = Adapter.MergedValues() });
        }
    }

    /// <summary>Where the base of the adapter that went on learning lies.</summary>
    private string Home => AdapterOpening.HomeOf(options.Model);

    private void Write(string folder, SaveOptions how)
    {
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

    public void Dispose()
    {
        Adapter?.Dispose();
        Model.Dispose();
    }

    private static void CheckBase(T model, TuningOptions tuning)
    {
        if (tuning.Method is "full" or "freeze" && model.modules().OfType<Projection>().Any(p => p.Quantised is not null))
        {
            throw new OptionsException([$"tuning.method is {tuning.Method}, and the checkpoint holds quantised weights, which cannot learn. Use an adapter, or start from a checkpoint that is not quantised."]);
        }
    }

    private sealed class BaseScope : IDisposable
    {
        private readonly AdapterSet adapter;

        public BaseScope(AdapterSet adapter)
        {
            this.adapter = adapter;
            adapter.Disable();
        }

        public void Dispose() => adapter.Enable();
    }
}

/// <summary>Opens the starting checkpoint of a run.</summary>
public static class TunedModel
{
    /// <summary>The language model at <c>options.Model</c>.</summary>
    public static TunedModel<CausalModel> Causal(TrainingOptions options) => Causal(CheckpointReader.LoadCausal(options.Model, new LoadOptions { DType = ScalarType.Float32, Quantise = options.Tuning.Format }, out _), options);

    /// <summary>A language model that is there already.</summary>
    public static TunedModel<CausalModel> Causal(CausalModel model, TrainingOptions options)
    {
        var going = Settle(model.Adapter, options);
        model.Adapter = null;
        return new(model, model.Config, options, going);
    }

    /// <summary>The scoring model at <c>options.Model</c>; a language model gets a new head of <paramref name="labels"/> scores from the seed.</summary>
    public static TunedModel<ScoringModel> Scoring(TrainingOptions options, int labels = 1) =>
        Scoring(CheckpointReader.LoadScoring(options.Model, new LoadOptions { DType = ScalarType.Float32, NewHeadSeed = (ulong)options.Seed, NewHeadLabels = labels, Quantise = options.Tuning.Format }, out _), options);

    /// <summary>The token classifier at <c>options.Model</c>; a language model gets a new head of <paramref name="labels"/> classes from the seed.</summary>
    public static TunedModel<ScoringModel> TokenClassifier(TrainingOptions options, int labels = 2)
    {
        var how = new LoadOptions { DType = ScalarType.Float32, NewHeadSeed = (ulong)options.Seed, NewHeadLabels = labels, Quantise = options.Tuning.Format };
        return Scoring(CheckpointReader.LoadScoring(options.Model, how, out _, HeadKind.Token), options);
    }

    /// <summary>A scoring model that is there already.</summary>
    public static TunedModel<ScoringModel> Scoring(ScoringModel model, TrainingOptions options)
    {
        var going = Settle(model.Adapter, options);
        model.Adapter = null;
        return new(model, model.Config, options, going);
    }

    // A run that starts from an adapter's folder trains on what the adapter made of its base, or trains the adapter on.
    private static AdapterSet? Settle(AdapterSet? opened, TrainingOptions options)
    {
        var tuning = options.Tuning;
        if (opened is null)
        {
            return tuning.ContinueAdapter != true ? null : throw new OptionsException([$"tuning.continue_adapter: {options.Model} holds no adapter. Remove the key."]);
        }

        var own = tuning.Method == "full" || AdapterBuilder.Makes(tuning.Method, opened.Config);
        if (tuning.ContinueAdapter == true && !own)
        {
            throw new OptionsException([$"tuning.continue_adapter goes on with the {opened.Config.Method} adapter in {options.Model}, and tuning.method is {tuning.Method}. Leave method out."]);
        }

        if (tuning.ContinueAdapter == true && opened.Config.Method == "ADALORA")
        {
            throw new OptionsException([$"tuning.continue_adapter: {options.Model} is an AdaLoRA adapter, which is used and merged here, not trained. Remove the key: it will be merged into its base first."]);
        }

        if (tuning.ContinueAdapter ?? (opened.CannotMerge is not null && own))
        {
            return opened;
        }

        if (opened.CannotMerge is { } reason)
        {
            throw new OptionsException([$"model: {options.Model} is an adapter that cannot be merged ({reason}), so tuning.method: {tuning.Method} cannot start from it. Leave method out to go on training the adapter itself, or start from its base."]);
        }

        opened.Merge();
        opened.Dispose();
        return null;
    }

    /// <summary>Another language model of the run that never learns, such as a reference: in the same form and compute type as the one that does.</summary>
    public static CausalModel Frozen(TrainingOptions options, string folder)
    {
        if (AdapterOpening.ConfigOf(folder) is { Rope: null } decoder && decoder.MaxPositions < options.MaxLength)
        {
            throw new OptionsException([$"max_length is {options.MaxLength}, and the model in {folder} has learned {decoder.MaxPositions} positions. Set it to at most {decoder.MaxPositions}."]);
        }

        var model = CheckpointReader.LoadCausal(folder, new LoadOptions { DType = ScalarType.Float32, Quantise = options.Tuning.Format }, out _);
        model.Freeze();
        ComputeIn(model, options.ComputeType);
        return model;
    }

    private static void RefuseWrongProducts(ScalarType? type)
    {
        if (type is ScalarType.BFloat16 && Bf16Probe.Fault is { } fault)
        {
            throw new OptionsException([$"compute: this machine multiplies bfloat16 matrices wrongly ({fault}). Use compute: float32."]);
        }
    }

    internal static void ComputeIn(nn.Module model, ScalarType? type)
    {
        RefuseWrongProducts(type);
        switch (model)
        {
            case CausalModel causal:
                causal.ComputeIn(type);
                break;
            case ScoringModel scoring:
                scoring.ComputeIn(type);
                break;
        }
    }
}
