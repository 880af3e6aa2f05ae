using System.Text.Json;

namespace Alignment.PreferenceStore.Leases;

/// <summary>
/// The order in which one annotator sees the candidates of one task. It depends on content alone (project seed, prompt, answers,
/// annotator), so it is the same on every visit and in every run, and it cannot follow the order in which models wrote.
/// </summary>
internal static class PresentedOrder
{
    public static long SeedOf(long projectSeed, string groupHash, string handle) => Sha256.SeedOf($"{projectSeed}\n{groupHash}\n{handle}");

    public static IReadOnlyList<T> Shuffle<T>(IEnumerable<T> candidates, Func<T, string> textHash, long seed) =>
        [.. candidates.OrderBy(c => Sha256.Of($"{seed}\n{textHash(c)}"), StringComparer.Ordinal)];

    public static string LabelOf(int position) => ((char)('A' + position)).ToString();

    public static IReadOnlyList<string> Parse(string json) => JsonSerializer.Deserialize<string[]>(json)!;
}
