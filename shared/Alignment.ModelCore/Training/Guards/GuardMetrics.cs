namespace Alignment.ModelCore.Training.Guards;

/// <summary>Where guards find a quantity: the names under which recipes report it, the most telling first.</summary>
internal static class GuardMetrics
{
    public static IReadOnlyList<string> KlPerSequence { get; } = ["kl_per_sequence", ProbeMetrics.KlPerSequence, "objective/kl"];

    public static IReadOnlyList<string> KlPerToken { get; } = ["kl_per_token", "objective/kl_per_token", ProbeMetrics.KlPerToken];

    public static IReadOnlyList<string> Entropy { get; } = ["entropy", "policy/entropy_avg"];

    public static IReadOnlyList<string> Chosen { get; } = ["logps/chosen"];

    public static IReadOnlyList<string> Length { get; } = ["completions/mean_length", ProbeMetrics.Length];
}
