using System.Text.Json.Nodes;
using Alignment.ModelCore.Diagnostics;

namespace Alignment.ModelCore.Training.Guards;

/// <summary>
/// The guards of one run: they see each step's numbers, every firing becomes an event, and what follows from it is kept here. The whole
/// state is <see cref="ToJson"/>, so that a resumed run decides as the uninterrupted one would.
/// </summary>
public sealed class RunGuards
{
    private readonly GuardOptions options;
    private readonly IReadOnlyList<(IGuard Guard, GuardAction Action)> guards;
    private readonly GuardHistory history;
    private readonly List<string> watched;
    private readonly Dictionary<string, int> quietUntil = new(StringComparer.Ordinal);
    private int goodStep;

    public RunGuards(GuardOptions options)
    {
        (this.options, guards, history) = (options, options.Create(), new(options.Window));
        watched = [.. guards.SelectMany(g => g.Guard.Watches).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>What <c>adapt</c> made of the learning rate.</summary>
    public double LearningRateScale { get; private set; } = 1;

    /// <summary>What <c>adapt</c> made of the KL coefficient; a recipe that has one multiplies it by this.</summary>
    public double KlScale { get; private set; } = 1;

    /// <summary>Set by recipes that use <see cref="KlScale"/>.</summary>
    public bool HasKlCoefficient { get; set; }

    /// <summary>The guard that ended the run, or null.</summary>
    public string? StoppedBy { get; private set; }

    /// <summary>Whether some guard would come back to an earlier state, so that one must be kept.</summary>
    public bool KeepsGoodState => guards.Any(g => g.Action == GuardAction.RollBack);

    /// <summary>Takes in what was measured before the first step; nothing is judged.</summary>
    public void Before(IReadOnlyDictionary<string, double> values) => history.Observe(values, watched);

    /// <summary>Judges a step. <paramref name="keep"/> saves the present state as good, <paramref name="restore"/> brings the last good one back.</summary>
    /// <param name="healthy">False for a step that was dropped: it is never good.</param>
    public void After(int step, IReadOnlyDictionary<string, double> values, bool healthy, IMetricsSink sink, Action keep, Action restore)
    {
        history.Observe(values, watched);
        var verdicts = guards.Select(g => (g.Guard, g.Action, Verdict: g.Guard.Judge(history))).ToList();
        foreach (var (guard, action, verdict) in verdicts.Where(v => v.Verdict.Fired && step > quietUntil.GetValueOrDefault(v.Guard.Name, -1)))
        {
            quietUntil[guard.Name] = step + options.Window;
            Act(step, guard, action, verdict, sink, restore);
        }

        if (KeepsGoodState && healthy && StoppedBy is null && verdicts.TrueForAll(v => v.Verdict.Good) && IsDue(step, values))
        {
            keep();
            goodStep = step;
        }
    }

    public JsonObject ToJson() => new()
    {
        ["history"] = history.ToJson(), ["learning_rate_scale"] = LearningRateScale, ["kl_scale"] = KlScale, ["stopped_by"] = StoppedBy, ["good_step"] = goodStep,
        ["quiet_until"] = new JsonObject(quietUntil.OrderBy(q => q.Key, StringComparer.Ordinal).Select(q => KeyValuePair.Create(q.Key, (JsonNode?)q.Value))),
    };

    public void Restore(JsonObject saved)
    {
        history.Restore(saved["history"]!.AsObject());
        LearningRateScale = saved["learning_rate_scale"]!.GetValue<double>();
        KlScale = saved["kl_scale"]!.GetValue<double>();
        StoppedBy = saved["stopped_by"]?.GetValue<string>();
        goodStep = saved["good_step"]!.GetValue<int>();
        quietUntil.Clear();
        foreach (var (name, step) in saved["quiet_until"]!.AsObject())
        {
            quietUntil[name] = step!.GetValue<int>();
        }
    }

    // Where the held-out set is asked, its answer decides which step is good; elsewhere good_every does.
    private bool IsDue(int step, IReadOnlyDictionary<string, double> values) => history.Of(ProbeMetrics.Gold).Recent.Count > 0 ? values.ContainsKey(ProbeMetrics.Gold) : step % options.GoodEvery == 0;

    private void Act(int step, IGuard guard, GuardAction action, Verdict verdict, IMetricsSink sink, Action restore)
    {
        if (StoppedBy is not null)
        {
            action = GuardAction.Warn;
        }

        var next = action switch
        {
            GuardAction.Adapt => Adapt(guard),
            GuardAction.Stop => "the run ends here",
            GuardAction.RollBack => $"the run ends with the weights of step {goodStep}",
            _ => "going on",
        };
        if (action is GuardAction.Stop or GuardAction.RollBack)
        {
            StoppedBy = guard.Name;
        }

        sink.Event(new(step, "guard_" + guard.Name, $"{guard.Name}: {verdict.Message}; {next}") { Values = verdict.Values });
        if (action == GuardAction.RollBack)
        {
            restore();
        }
    }

    private string Adapt(IGuard guard)
    {
        if (guard.CuredByKl && HasKlCoefficient)
        {
            KlScale /= options.AdaptFactor;
            return FormattableString.Invariant($"the KL coefficient is now ×{KlScale:0.####}");
        }

        LearningRateScale *= options.AdaptFactor;
        return FormattableString.Invariant($"the learning rate is now ×{LearningRateScale:0.####}");
    }
}
