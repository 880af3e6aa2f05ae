using Alignment.Golden.Tests.Harness;

namespace Alignment.Golden.Tests.Families;

/// <summary>The dialects' losses with ids through the tiny models.</summary>
internal static class DialectsThroughModel
{
    internal static void Check(GoldenCase c) => throw new UnsupportedCaseException($"{c.Name}: the decoder");
}
