using System.Globalization;
using System.Text.Json.Nodes;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Optimization;
using Alignment.ModelCore.Training.Advice;
using Alignment.ModelCore.Training.Guards;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Training;

/// <summary>
/// What every recipe's loop shares: gradients added up over micro-batches, clipping, AdamW, schedule, the rule for numbers that are
/// not finite, metrics, and a state from which a killed run goes on bit for bit. The recipe keeps the loop and the loss:
/// <code>
/// while (run.Next(cancellation))
/// {
///     foreach (var micro in run.MicroBatches) { run.Backward(() => loss of micro); }
///     run.Update(tokens, metrics);
/// }
/// </code>
/// A recipe that learns several times from one batch (rollouts) either takes several steps on it (<see cref="RunInputs.StepsPerBatch"/>) or
/// several optimiser updates within one step (<see cref="UpdateWithin"/>). One thread; nothing awaits inside a step.
/// </summary>
public sealed class TrainingRun : IDisposable
{
    private const int BadStepsInARow = 3;
    private const string Optimizer = "optimizer.";
    private readonly TrainingOptions options;
    private readonly IReadOnlyList<(string Name, Tensor Value)> trainable;
    private readonly IReadOnlyList<(string Name, Tensor Value)> companions;
    private readonly BatchPlan plan;
    private readonly TrainingFolders folders;
    private readonly IMetricsSink sink;
    private readonly IOptimizer optimizer;
    private readonly RunSchedule schedule;
    private readonly IReadOnlyList<IRunExtension> extensions;
    private readonly RunMeters meters = new(TimeProvider.System);
    private readonly JsonObject identity;
    private readonly int stepsPerBatch;
    private readonly IReadOnlyList<TrainedModule> modules;
    private readonly StepMeans updates = new();
    private double stepLoss;
    private int badInARow;
    private int savedAt = -1;
    private bool finished;
    private bool insideStep;
    private readonly RunTrial? trial = RunTrial.Current;

    private TrainingRun(TrainingOptions options, RunInputs inputs, TrainingFolders folders, IMetricsSink sink)
    {
        (this.options, this.folders, this.sink) = (options, folders, sink);
        (companions, plan, identity, stepsPerBatch) = (inputs.Companions, inputs.Plan, Identity(options, inputs), inputs.StepsPerBatch);
        modules = [new("", inputs.Trainable), .. inputs.Modules];
        trainable = [.. modules.SelectMany(m => m.Trainable)];
        TotalSteps = options.MaxSteps > 0 ? options.MaxSteps : plan.TotalSteps * stepsPerBatch;
        optimizer = RunOptimizer.Create(options, modules);
        Guards = new(options.Guards);
        schedule = new(options, TotalSteps);
        extensions = inputs.Extensions ?? [];
    }

    /// <summary>What watches this run, and what it made of learning rate and KL coefficient.</summary>
    public RunGuards Guards { get; }

    /// <summary>Measures the policy on a held-out set, every <c>guards.probe_every</c> steps.</summary>
    public IRunProbe? Probe { get; set; }

    /// <summary>Where the seconds of the step in hand go.</summary>
    public StepSeconds Clock { get; } = new(TimeProvider.System);

    /// <summary>Optimiser steps done.</summary>
    public int StepsDone { get; private set; }

    public int TotalSteps { get; }

    /// <summary>Which of the steps on the batch in hand this is, from 0.</summary>
    public int StepOfBatch => StepsDone % stepsPerBatch;

    /// <summary>Batches of rows taken up so far, the one in hand not counted.</summary>
    public int BatchesDone => StepsDone / stepsPerBatch;

    /// <summary>Passes over the rows completed before the batch in hand.</summary>
    public int Epoch => BatchesDone / plan.StepsPerEpoch;

    /// <summary>Real tokens seen, padding not counted.</summary>
    public long Tokens { get; private set; }

    public int DroppedSteps { get; private set; }

    /// <summary>Loss of the last step that was not dropped.</summary>
    public double LastLoss { get; private set; } = double.NaN;

    public IReadOnlyDictionary<string, double> LastMetrics { get; private set; } = new Dictionary<string, double>();

    /// <summary>The rate of the step in hand.</summary>
    public double LearningRate => schedule.Rate(StepsDone) * Guards.LearningRateScale;

    /// <summary>Row indices of each micro-batch of the step in hand.</summary>
    public IReadOnlyList<int[]> MicroBatches { get; private set; } = [];

    /// <summary>Whether the step in hand should take the measurements that cost time.</summary>
    public bool Measures { get; private set; }

    /// <summary>Runs once after the next update and before its state is saved: for what must change together with the weights.</summary>
    public Action? BeforeSave { get; set; }

    /// <summary>Sets threads and seeds, and sees that <c>max_length</c> fits the model; call before rows are cut and weights are made or loaded.</summary>
    /// <exception cref="OptionsException">The model has fewer positions than <c>max_length</c> asks for.</exception>
    public static void Prepare(TrainingOptions options, IMetricsSink? metrics = null)
    {
        PositionRoom.Settle(options, metrics);
        if (options.Threads > 0)
        {
            set_num_threads(options.Threads);
        }

        random.manual_seed(options.Seed);
    }

    /// <summary>Starts, or goes on from the state found in the state folder.</summary>
    /// <exception cref="OptionsException">The state belongs to a run with other settings or data.</exception>
    public static TrainingRun Start(TrainingOptions options, RunInputs inputs, TrainingFolders folders, IMetricsSink sink)
    {
        TrainingExtensions.Check(options, inputs);
        var run = new TrainingRun(options, inputs, folders, sink);
        foreach (var e in run.extensions)
        {
            e.Start(sink);
        }

        if (options.ComputeType is not null)
        {
            sink.Event(new(0, "bf16_probe", "bfloat16 products are right on this machine"));
        }

        using var state = TrainingState.Find(folders.State);
        if (state is null)
        {
            PositionRoom.Note(options, inputs.Plan.LongestRow, sink);
            sink.Event(new(0, "started", $"{inputs.Trainable.Sum(t => t.Value.numel()):N0} trainable parameters, {run.TotalSteps} steps, {get_num_threads()} threads"));
            run.KeepGood();
        }
        else
        {
            run.Resume(state);
        }

        run.trial?.Start(run.plan, run.stepsPerBatch, run.TotalSteps, run.trainable.Sum(t => t.Value.numel()));
        return run;
    }

    /// <summary>Takes up the next step; false when all are done. When cancelled, saves and throws; a batch that was begun is finished first.</summary>
    public bool Next(CancellationToken cancellation)
    {
        if (trial?.Over(StepsDone) == true)
        {
            trial.End(Save, options.SaveEvery > 0 ? (TotalSteps + options.SaveEvery - 1) / options.SaveEvery : 1, Evaluate, extensions.Sum(e => e.Evaluations(TotalSteps, plan.StepsPerEpoch * stepsPerBatch)));
            Finish();
            return false;
        }

        if (cancellation.IsCancellationRequested && StepsDone < TotalSteps && StepOfBatch == 0)
        {
            Save();
            cancellation.ThrowIfCancellationRequested();
        }

        if (StepsDone >= TotalSteps || Guards.StoppedBy is not null || (StepOfBatch == 0 && extensions.Any(e => e.Stops)))
        {
            Save();
            Finish();
            return false;
        }

        if (options.Guards.ProbeEvery > 0 && Probe is null)
        {
            throw new OptionsException(["guards.probe_every: this method has no policy that answers prompts, so there is nothing to probe. Remove it."]);
        }

        ProbeStart();
        // Dropout depends on seed and step alone, so that a resumed run drops what the uninterrupted one did.
        random.manual_seed(unchecked((options.Seed * 1_000_003) + StepsDone));
        MicroBatches = trial is null ? plan.Step(BatchesDone) : trial.Batches(BatchesDone);
        var step = StepsDone + 1;
        Measures = step == 1 || step == TotalSteps || step % options.LogEvery == 0;
        stepLoss = 0;
        updates.Clear();
        Clock.Begin();
        return true;
    }

    /// <summary>Where the policy starts from is what guards compare with.</summary>
    private void ProbeStart()
    {
        if (Probe is not null && StepsDone == 0)
        {
            var values = Probe.Measure();
            Guards.Before(values);
            sink.Event(new(0, "probe", "the held-out set before the first step") { Values = values });
        }
    }

    /// <summary>Adds the gradient of a micro-batch's share of the step's loss, and frees everything but that. Returns the loss.</summary>
    public double Backward(Func<Tensor> loss)
    {
        // One scope for both passes: functions with several outputs need all of them alive on the way back.
        using var scope = NewDisposeScope();
        var value = Clock.Measure("forward", loss);
        insideStep = true;
        Clock.Measure("backward", () =>
        {
            value.backward();
            return true;
        });
        var number = value.detach().to_type(ScalarType.Float64).item<double>();
        stepLoss += number;
        return number;
    }

    /// <summary>Counts a loss whose gradient the recipe has put on the parameters itself.</summary>
    public void Count(double loss) => stepLoss += loss;

    /// <summary>Clips, updates, reports and saves when due. A step whose loss or gradient is not finite changes nothing but the step number.</summary>
    /// <param name="tokens">Real tokens of the step.</param>
    /// <param name="metrics">The recipe's own numbers for this step.</param>
    /// <param name="describeBatch">The step's rows, for the file that is kept when the run stops.</param>
    public void Update(long tokens, IReadOnlyDictionary<string, double>? metrics, Func<JsonNode> describeBatch)
    {
        var rate = schedule.Rate(StepsDone) * Guards.LearningRateScale;
        var (finite, norm) = Clock.Measure("update", () => Apply(rate));
        BeforeSave?.Invoke();
        BeforeSave = null;
        StepsDone++;
        Tokens += tokens;
        meters.Add(tokens);
        Report(rate, metrics);
        if (!finite)
        {
            Drop(norm, describeBatch);
        }

        insideStep = false;
        Guards.After(StepsDone, LastMetrics, finite, sink, KeepGood, BackToGood);

        // A state in the middle of a batch would need its rollouts: it is saved at the batch's end.
        if (trial is null && options.SaveEvery > 0 && StepOfBatch == 0 && StepsDone / options.SaveEvery > savedAt / options.SaveEvery)
        {
            Save();
        }
    }

    /// <summary>An optimiser update inside the step in hand: clips and updates, with the same rule for numbers that are not finite; <see cref="Update"/> ends the step.</summary>
    public void UpdateWithin(Func<JsonNode> describeBatch)
    {
        var (finite, norm) = Clock.Measure("update", () => Apply(schedule.Rate(StepsDone) * Guards.LearningRateScale));
        if (!finite)
        {
            Drop(norm, describeBatch);
        }

        stepLoss = 0;
    }

    /// <summary>What the finished run says about itself; <paramref name="digest"/> is the checkpoint's.</summary>
    public TrainingResult Result(string digest) => new(folders.Checkpoint, digest, StepsDone, Tokens, DroppedSteps, LastLoss, LastMetrics) { StoppedBy = Guards.StoppedBy };

    /// <summary>Tells of something that the recipe saw.</summary>
    public void Say(string name, string message) => sink.Event(new(StepsDone, name, message));

    /// <summary>Writes the state now, if it is not on disk already.</summary>
    public void Save()
    {
        if (savedAt == StepsDone)
        {
            return;
        }

        SaveTo(folders.State);
        savedAt = StepsDone;
    }

    private void SaveTo(string folder)
    {
        using var scope = NewDisposeScope();
        TrainingState.Save(folder, Weights().Concat(optimizer.ExportState().Select(s => (Optimizer + s.Key, s.Value))), new JsonObject
        {
            ["step"] = StepsDone, ["tokens"] = Tokens, ["dropped"] = DroppedSteps, ["bad_in_a_row"] = badInARow,
            ["loss"] = LastLoss.ToString("R", CultureInfo.InvariantCulture), ["run"] = identity.DeepClone(), ["guards"] = Guards.ToJson(),
            ["schedule"] = schedule.Save(), ["extensions"] = new JsonObject(extensions.Select(e => KeyValuePair.Create(e.Name, (JsonNode?)e.Save()))),
        });
    }

    /// <summary>What the run's extensions say in <c>training.json</c>.</summary>
    internal IEnumerable<KeyValuePair<string, JsonNode?>> Records => extensions.SelectMany(e => e.Record ?? []);

    /// <summary>Saves what is not saved yet, unless a step was under way: a reward source or a file that failed between steps loses nothing.</summary>
    public void Dispose()
    {
        if (!insideStep && StepOfBatch == 0 && StepsDone > Math.Max(0, savedAt))
        {
            Save();
        }

        Probe?.Dispose();
        optimizer.Dispose();
        foreach (var e in extensions)
        {
            e.Dispose();
        }
    }

    private void Finish()
    {
        for (var i = 0; i < extensions.Count && !finished; i++)
        {
            extensions[i].Finish(StepsDone, sink);
        }

        finished = true;
    }

    private void Resume(TrainingState state)
    {
        RunIdentity.Check(state.Numbers["run"]!.AsObject(), identity, folders.State);
        using var scope = NewDisposeScope();
        state.Restore(Weights());
        optimizer.ImportState(state.ReadAll(Optimizer));
        StepsDone = savedAt = state.Numbers["step"]!.GetValue<int>();
        Tokens = state.Numbers["tokens"]!.GetValue<long>();
        DroppedSteps = state.Numbers["dropped"]!.GetValue<int>();
        badInARow = state.Numbers["bad_in_a_row"]!.GetValue<int>();
        if (state.Numbers["guards"] is JsonObject guards)
        {
            Guards.Restore(guards);
        }

        LastLoss = double.Parse(state.Numbers["loss"]!.GetValue<string>(), CultureInfo.InvariantCulture);
        schedule.Restore(state.Numbers["schedule"] as JsonObject);
        foreach (var e in extensions)
        {
            if (state.Numbers["extensions"]?[e.Name] is JsonObject own)
            {
                e.Restore(own);
            }
        }

        sink.Event(new(StepsDone, "resumed", $"resumed after step {StepsDone} of {TotalSteps}"));
    }

    private string Good => Path.Combine(folders.State, "good");

    /// <summary>Keeps the present state as one to come back to, where a guard may want that.</summary>
    private void KeepGood()
    {
        if (Guards.KeepsGoodState)
        {
            SaveTo(Good);
        }
    }

    /// <summary>Weights, companions and optimiser of the last good step; the step number goes on, for the run ends with them.</summary>
    private void BackToGood()
    {
        using var state = TrainingState.Find(Good) ?? throw new InvalidDataException($"{Good} is gone: the guard has no state to come back to. Start the run again in an empty folder.");
        using var scope = NewDisposeScope();
        state.Restore(Weights());
        optimizer.ImportState(state.ReadAll(Optimizer));
        savedAt = -1;
    }

    private IEnumerable<(string Name, Tensor Value)> Weights() => trainable.Select(t => ("model." + t.Name, t.Value)).Concat(companions);

    private (bool Finite, double Norm) Apply(double rate)
    {
        var rows = MicroBatches.Sum(m => m.Length);
        foreach (var e in extensions)
        {
            stepLoss += e.AddGradient(rows, updates);
        }

        double squares = 0, clipped = 0;
        foreach (var module in modules)
        {
            var parameters = module.Trainable.Select(t => t.Value).ToList();
            var own = options.MaxGradNorm > 0 ? GradientClipping.ByGlobalNorm(parameters, options.MaxGradNorm) : GradientClipping.GlobalNorm(parameters);
            squares += own * own;
            clipped += options.MaxGradNorm > 0 ? Math.Min(own, options.MaxGradNorm) * Math.Min(own, options.MaxGradNorm) : own * own;
            if (module.Name.Length > 0)
            {
                updates.Add($"grad_norm/{module.Name}", own);
            }
        }

        var norm = Math.Sqrt(squares);
        updates.Add("grad_norm", norm);
        updates.Add("grad_norm_clipped", Math.Sqrt(clipped));
        updates.Add("loss", stepLoss);
        var finite = double.IsFinite(stepLoss) && double.IsFinite(norm);
        if (finite)
        {
            optimizer.Step(rate);
            (LastLoss, badInARow) = (stepLoss, 0);
        }

        optimizer.ZeroGradients();
        return (finite, norm);
    }

    private void Report(double rate, IReadOnlyDictionary<string, double>? metrics)
    {
        var values = new Dictionary<string, double>(updates.Values) { ["learning_rate"] = rate, ["epoch"] = (double)StepsDone / (plan.StepsPerEpoch * stepsPerBatch), ["num_tokens"] = Tokens };
        foreach (var (name, value) in metrics ?? new Dictionary<string, double>())
        {
            values[name] = value;
        }

        if (Probe is not null && (StepsDone % Math.Max(1, options.Guards.ProbeEvery) == 0 || StepsDone == TotalSteps))
        {
            foreach (var (name, value) in Probe.Measure())
            {
                values[name] = value;
            }
        }

        foreach (var e in trial is null ? extensions : [])
        {
            e.After(StepsDone, TotalSteps, values, sink);
            if (e.Observed is { } metric)
            {
                schedule.Observe(metric);
            }
        }

        meters.WriteTo(values, TotalSteps - StepsDone);
        Clock.WriteTo(values);
        LastMetrics = values;
        sink.Step(new(StepsDone, TotalSteps, values));
    }

    /// <summary>What extensions measure after the last step.</summary>
    private void Evaluate()
    {
        foreach (var e in extensions)
        {
            e.After(TotalSteps, TotalSteps, new Dictionary<string, double> { ["epoch"] = 0 }, sink);
        }
    }

    private void Drop(double norm, Func<JsonNode> describeBatch)
    {
        DroppedSteps++;
        badInARow++;
        sink.Event(new(StepsDone, "step_dropped", string.Create(CultureInfo.InvariantCulture, $"step {StepsDone} dropped: loss {stepLoss}, gradient norm {norm} ({badInARow} in a row)")));
        if (badInARow < BadStepsInARow)
        {
            return;
        }

        var path = Path.Combine(Directory.CreateDirectory(folders.State).FullName, "failed-batch.json");
        File.WriteAllText(path, new JsonObject { ["step"] = StepsDone, ["rows"] = describeBatch() }.ToJsonString());
        throw new NonFiniteException(StepsDone, path);
    }

    private static JsonObject Identity(TrainingOptions options, RunInputs inputs) => new()
    {
        ["recipe"] = options.GetType().Name, ["options"] = OptionBinder.Describe(options), ["data"] = string.Join(':', (inputs.Extensions ?? []).Select(e => e.DataDigest).Where(d => d.Length > 0).Prepend(inputs.DataDigest)), ["model"] = inputs.ModelDigest,
    };
}
