using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Training;

namespace Alignment.PolicyOptimization.Recipes;

/// <summary>Where a method's reference comes from.</summary>
public interface IReferenceOptions
{
    /// <summary>Folder; empty: the starting checkpoint.</summary>
    string Reference { get; }

    /// <summary><c>precomputed</c>, <c>model</c> or <c>adapter_off</c>.</summary>
    string ReferenceFrom { get; }

    string ReferenceCache { get; }
}

/// <summary>Digests of the starting checkpoint and of the reference; one and the same where the options name no other.</summary>
internal readonly record struct ReferenceDigests(string Own, string Reference)
{
    public static ReferenceDigests Of<T>(T options)
        where T : TrainingOptions, IReferenceOptions
    {
        var own = FolderDigest.OfModel(options.Model);
        return new(own, options.Reference.Length == 0 ? own : FolderDigest.OfModel(options.Reference));
    }

    /// <summary>Identifies both in a run's state.</summary>
    public override string ToString() => $"{Own}:{Reference}";
}

internal static class ReferenceRules
{
    public const string Choices = "precomputed|model|adapter_off";

    public const string Help = "Where the reference's log-probabilities come from: computed once before the first step and kept as a file; a second model asked at every step; or the policy itself with its adapter switched off.";

    /// <summary>What contradicts itself in the reference's keys.</summary>
    public static IEnumerable<string> Contradictions<T>(T options)
        where T : TrainingOptions, IReferenceOptions
    {
        if (options.ReferenceFrom == "adapter_off" && options.Reference.Length > 0)
        {
            yield return "reference_from: adapter_off uses the policy's own base, and reference names another model. Remove one.";
        }

        if (options is { ReferenceFrom: "adapter_off", Tuning.Method: "full" or "freeze" })
        {
            yield return $"reference_from: adapter_off needs an adapter, and tuning.method is {options.Tuning.Method}. Use precomputed.";
        }

        if (options.ReferenceCache.Length > 0 && options.ReferenceFrom != "precomputed")
        {
            yield return $"reference_cache needs reference_from: precomputed, and reference_from is {options.ReferenceFrom}.";
        }
    }
}
