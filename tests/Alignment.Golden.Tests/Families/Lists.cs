using Alignment.Golden.Tests.Harness;

namespace Alignment.Golden.Tests.Families;

/// <summary>Element-wise comparison, also where both sides are arrays.</summary>
internal static class Lists
{
    public static void Equal<T>(string what, IReadOnlyList<T> actual, IReadOnlyList<T> expected) => Expect.Equal(what, actual, expected);
}
