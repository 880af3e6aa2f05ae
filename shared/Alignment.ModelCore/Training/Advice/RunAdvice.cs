using System.Globalization;

namespace Alignment.ModelCore.Training.Advice;

/// <summary>One recommended value and why.</summary>
public sealed record AdvisedChoice(string Key, string Value, string Reason);

/// <summary>Seconds of a run by what they go into.</summary>
/// <param name="Prepare">Once: starting, loading, tokenising, reference log-probs, forgetting measured before and after, the checkpoint, the report.</param>
/// <param name="Saving">States to resume from, the last one counted in <paramref name="Prepare"/>.</param>
/// <param name="Evaluating">Held-out measurements, the last one counted in <paramref name="Prepare"/>.</param>
/// <param name="Cpu">CPU seconds of all threads together: what stays the same on a machine that is busy.</param>
public sealed record TimeEstimate(double Prepare, double Steps, double Saving, double Evaluating, double Cpu)
{
    public double Total => Prepare + Steps + Saving + Evaluating;

    public static TimeEstimate Of(TrialReport t) => new(
        Math.Max(0, t.ProcessSeconds - t.LoopSeconds), t.StepSeconds, t.SaveSeconds, t.EvaluateSeconds, Math.Max(0, t.CpuSeconds - t.LoopCpuSeconds) + t.StepCpuSeconds + t.MoreCpuSeconds);
}

/// <summary>What the advisor recommends, what it will take, and the job file that does it.</summary>
/// <param name="Time">Null without a trial: a formula knows nothing of this machine's speed.</param>
/// <param name="Measured">Whether real steps of this very run are behind the numbers.</param>
/// <param name="JobYaml">Runs as it is: <c>align train GOAL --config job.yaml --out DIR</c>.</param>
public sealed record RunAdvice(
    string Goal, string Model, string Data, AdvisedSettings Settings, IReadOnlyList<AdvisedChoice> Choices, long MemoryLimit, MemoryEstimate Memory, TimeEstimate? Time, bool Measured, string JobYaml)
{
    internal static RunAdvice Of(AdviceRequest request, ModelShape model, DataShape data, Goal goal, int samples, AdvisedSettings s, MemoryEstimate memory, TrialReport? seen)
    {
        var time = seen is null ? null : TimeEstimate.Of(seen);
        var rows = FormattableString.Invariant($"{data.Rows} rows of about {data.MeanTokens:0} tokens, the longest {data.LongestTokens}");
        return new(goal.Name, model.Describe(), rows, s, [.. Explain(model, data, s, memory, request.MemoryBytes, goal.Grouped ? samples : 1).Select(c => request.Set.ContainsKey(c.Key) ? c with { Reason = "Set by you." } : c)], request.MemoryBytes, memory, time, seen is not null, AdvisedSettings.Yaml(s.Keys(request)));
    }

    private static IEnumerable<AdvisedChoice> Explain(ModelShape model, DataShape data, AdvisedSettings s, MemoryEstimate memory, long limit, int group)
    {
        string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
        yield return new("tuning.method", s.Method, s.Method == "full"
            ? Text($"{model.Parameters / 1e6:0.#} M parameters are few: training them all with AdamW takes {(memory.Weights + memory.Gradients + memory.Optimiser) / 1e6:0} MB and learns most.")
            : Text($"Training all {model.Parameters / 1e6:0} M parameters would take {model.Parameters * 16 / 1e9:0.#} GB; an adapter learns {s.Rank * model.RankUnit / 1e6:0.##} M beside a frozen base, which is also the reference."));
        if (s.IsAdapter)
        {
            yield return new("tuning.rank", Text($"{s.Rank}"), Text($"{data.Rows} rows carry about as much as rank {s.Rank} on all linear layers can hold."));
            yield return new("tuning.quantise", s.Quantise, s.Quantise == "none"
                ? Text($"The base fits as it is ({model.Parameters * 4 / 1e9:0.##} GB), and a quantised one would cost accuracy and time.")
                : Text($"In float32 the base alone takes {model.Parameters * 4 / 1e9:0.##} GB of {limit / 1e9:0.##} GB; in NF4 with quantised scales it takes {memory.Weights / 1e9:0.##} GB."));
        }

        yield return new("batch_size", Text($"{s.BatchSize}"), s.Accumulation == 1 ? "All rows of a step fit into memory at once." : Text($"More rows of {data.LongestTokens} tokens at once would pass the memory given."));
        yield return new("gradient_accumulation", Text($"{s.Accumulation}"), Rows(data, s, group));
        yield return new("compute", s.Compute, s.Compute == "bfloat16"
            ? "This processor multiplies this model's matrices at least 1.5 times as fast in bfloat16; weights, gradients and loss stay in float32."
            : "bfloat16 would gain little on this processor at this model's width, and costs digits.");
        yield return new("max_length", Text($"{s.MaxLength}"), s.MaxLength < model.Config.MaxPositions ? "Below the model's positions; rows are only padded to the longest of their batch." : Text($"The model has {model.Config.MaxPositions} positions."));
        if (s.MaxNewTokens > 0)
        {
            yield return new("max_new_tokens", Text($"{s.MaxNewTokens}"), Text($"The recipe's default or, where that is less, what the longest prompt of {data.LongestTokens} tokens leaves of {s.MaxLength}, half of them at most."));
        }

        yield return new("learning_rate", Text($"{s.LearningRate}"), s.IsAdapter ? "Ten times the default of full training, as adapters want it." : "The recipe's default.");
    }

    private static string Rows(DataShape data, AdvisedSettings s, int group)
    {
        var rows = s.BatchSize * s.Accumulation;
        var steps = Math.Max(1, (long)data.Rows * group / rows);
        var wide = FormattableString.Invariant($"{rows} rows make a step's gradient steady, and {data.Rows} rows still give {steps} steps an epoch.");
        return group == 1 ? wide : FormattableString.Invariant($"Groups are compared whole: {rows} answers are {rows / group} prompts with {group} answers each, and {data.Rows} prompts give {steps} steps an epoch.");
    }
}
