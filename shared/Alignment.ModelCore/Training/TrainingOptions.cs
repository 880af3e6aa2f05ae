using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Training.Guards;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Training;

/// <summary>The keys that every recipe shares: data order, optimiser, schedule, checkpoints.</summary>
public abstract class TrainingOptions : IOptionSet
{
    [Option("Folder of the checkpoint to start from (Hugging Face layout).", Required = true)]
    public string Model { get; init; } = "";

    [Option("Data file, or a list of them.", Required = true)]
    public IReadOnlyList<string> Data { get; init; } = [];

    [Option("Seed of data order, dropout and new weights. Same seed, same machine, same thread count: same checkpoint.", Source = "TRL: 42")]
    public long Seed { get; init; } = 42;

    [Option("Passes over the data.", Min = 0, AboveMin = true, Max = 1_000_000, Unit = "epochs", Source = "TRL: 3")]
    public double Epochs { get; set; } = 3;

    [Option("Optimiser steps in all; 0 lets epochs decide.", Min = 0, Unit = "steps")]
    public int MaxSteps { get; init; }

    [Option("Rows (or pairs) in a micro-batch.", Min = 1, Max = 65536, Unit = "rows", Source = "TRL: 8")]
    public int BatchSize { get; init; } = 8;

    [Option("Micro-batches added up before a step; equals one batch that much larger.", Min = 1, Max = 65536, Unit = "micro-batches", Source = "TRL: 1")]
    public int GradientAccumulation { get; init; } = 1;

    [Option("Order of the rows.", Choices = "shuffled|sequential", Source = "TRL: shuffled")]
    public string Order { get; init; } = "shuffled";

    [Option("Rows are sorted by length inside pools of this many batches, so that little is padded; 1 switches it off.", Min = 1, Max = 10000, Unit = "batches")]
    public int LengthPool { get; init; } = 16;

    [Option("Longest row.", Min = 2, Max = 1_048_576, Unit = "tokens", Source = "TRL: 1024")]
    public int MaxLength { get; set; } = 1024;

    [Option("Peak learning rate. The default is for full training and hardly moves an adapter: LoRA wants about ten times as much (align advise gives it that).", Min = 0, AboveMin = true, Max = 10, Unit = "per step", Source = "TRL: 2e-5 (SFT), 1e-4 (reward), 1e-5 (prm), 1e-6 (DPO, CPO, ORPO, KTO, GRPO, RLOO), 5e-7 (BCO, online DPO), 3e-6 (PPO); MetaICL and pretraining: chosen here")]
    public double LearningRate { get; set; } = 2e-5;

    [Option("Learning rate over time.", Choices = ScheduleKeys.Names, Source = "TRL: linear")]
    public string Schedule { get; init; } = "linear";

    [Option("Steps in which the rate climbs from 0.", Min = 0, Unit = "steps", Source = "TRL: 0")]
    public int WarmupSteps { get; init; }

    [Option("The same as a share of all steps.", Min = 0, Max = 1)]
    public double WarmupRatio { get; init; }

    [Option("Where cosine_with_min_lr and cosine_warmup_with_min_lr end, as a share of learning_rate.", Min = 0, Max = 1)]
    public double MinLrRate { get; init; } = 0.1;

    [Option("Optimiser. adamw_8bit keeps its moments in a quarter of the memory, adafactor row and column means only, lion one moment; muon turns matrices' steps into rotations and leaves the rest to AdamW.", Choices = RunOptimizer.Names, Source = "TRL: adamw")]
    public string Optimizer { get; init; } = "adamw";

    [Option("Momentum of sgd, rmsprop and muon; unset: 0, 0 and 0.95.", Min = 0, Max = 0.9999999, Source = "torch")]
    public double? Momentum { get; init; }

    [Option("Decoupled weight decay, on matrices only.", Min = 0, Max = 10, Source = "TRL: 0")]
    public double WeightDecay { get; init; }

    [Option("AdamW β₁.", Min = 0, Max = 0.9999999, Source = "torch: 0.9")]
    public double AdamBeta1 { get; init; } = 0.9;

    [Option("AdamW β₂.", Min = 0, Max = 0.9999999, Source = "torch: 0.999")]
    public double AdamBeta2 { get; init; } = 0.999;

    [Option("AdamW ε, added after the root.", Min = 0, AboveMin = true, Max = 1, Source = "torch: 1e-8")]
    public double AdamEpsilon { get; init; } = 1e-8;

    [Option("Gradients are scaled down to this total L2 norm; 0 does not clip.", Min = 0, Source = "TRL: 1.0")]
    public double MaxGradNorm { get; init; } = 1.0;

    [Option("Steps between saved states to resume from; 0 saves only when interrupted.", Min = 0, Unit = "steps", Source = "TRL: 500")]
    public int SaveEvery { get; init; } = 50;

    [Option("Steps between the measurements that cost time (entropy, accuracies); the loss is written at every step.", Min = 1, Unit = "steps", Source = "TRL: 10")]
    public int LogEvery { get; init; } = 10;

    [Option("Number format of matrix products and attention; learning weights, gradients, norms and the loss stay in float32. bfloat16 is fast only on processors with AVX-512 BF16 or AMX.", Choices = "float32|bfloat16", Source = "TRL: bf16 on GPUs")]
    public string Compute { get; init; } = "float32";

    [Option("Number format of the finished checkpoint's weights; training is in float32.", Choices = "float32|bfloat16")]
    public string SaveDtype { get; init; } = "float32";

    [Option("CPU threads; 0 keeps libtorch's choice. Another count changes the last digits.", Min = 0, Max = 1024, Unit = "threads")]
    public int Threads { get; init; }

    /// <summary>Which parameters learn.</summary>
    [OptionGroup]
    public TuningOptions Tuning { get; init; } = new();

    /// <summary>What the run is watched for.</summary>
    [OptionGroup]
    public GuardOptions Guards { get; init; } = new();

    /// <summary>Against forgetting and overfitting.</summary>
    [OptionGroup]
    public RegularisationOptions Regularisation { get; init; } = new();

    /// <summary>Held-out measurements.</summary>
    [OptionGroup]
    public EvaluationOptions Evaluation { get; init; } = new();

    /// <summary>Settings of the schedule.</summary>
    [OptionGroup]
    public ScheduleKeys ScheduleOptions { get; init; } = new();

    /// <summary><see cref="SaveDtype"/> as a type.</summary>
    public ScalarType SaveType => SaveDtype == "bfloat16" ? ScalarType.BFloat16 : ScalarType.Float32;

    /// <summary><see cref="Compute"/> as a type; null: that of the weights.</summary>
    public ScalarType? ComputeType => Compute == "bfloat16" ? ScalarType.BFloat16 : null;

    /// <summary>The plan of batches for rows of these lengths.</summary>
    public BatchPlan Plan(IEnumerable<int> lengths) =>
        new([.. lengths], new(BatchSize, GradientAccumulation, Epochs, MaxSteps, Seed, Order == "sequential", LengthPool));

    /// <summary>Why <c>regularisation.label_smoothing</c> has nothing to act on with these options; null: it acts.</summary>
    protected virtual string? NothingToSmooth => null;

    public virtual IEnumerable<string> Contradictions(IReadOnlySet<string> given)
    {
        if (Regularisation.LabelSmoothing > 0 && NothingToSmooth is { } reason)
        {
            yield return $"regularisation.label_smoothing: {reason} Remove the key.";
        }

        if (Data.GroupBy(Path.GetFullPath, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            yield return $"data names {twice.First()} twice. Name it once; epochs says how often the rows are seen.";
        }

        if (given.Contains("epochs") && MaxSteps > 0)
        {
            yield return "epochs and max_steps are both set: each says how long to train. Remove one.";
        }

        if (WarmupSteps > 0 && WarmupRatio > 0)
        {
            yield return "warmup_steps and warmup_ratio are both set: they say the same thing. Remove one.";
        }

        if (Schedule == "constant" && (WarmupSteps > 0 || WarmupRatio > 0))
        {
            yield return "schedule: constant has no warm-up. Use constant_with_warmup, or remove the warm-up key.";
        }

        if (given.Contains("min_lr_rate") && Schedule is not ("cosine_with_min_lr" or "cosine_warmup_with_min_lr"))
        {
            yield return $"min_lr_rate needs schedule: cosine_with_min_lr or cosine_warmup_with_min_lr, and schedule is {Schedule}.";
        }

        foreach (var problem in ScheduleOptions.Problems(this, given))
        {
            yield return problem;
        }

        if (Momentum is not null && Optimizer is not ("sgd" or "rmsprop" or "muon"))
        {
            yield return $"momentum needs optimizer: sgd, rmsprop or muon, and optimizer is {Optimizer}.";
        }

        if (MaxSteps > 0 && WarmupSteps >= MaxSteps)
        {
            yield return $"warmup_steps ({WarmupSteps}) must be below max_steps ({MaxSteps}).";
        }

        if (given.Contains("length_pool") && LengthPool > 1 && Order == "sequential")
        {
            yield return "length_pool reorders rows and order: sequential forbids it. Remove one.";
        }
    }
}
