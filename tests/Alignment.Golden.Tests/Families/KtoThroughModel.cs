using Alignment.Golden.Tests.Harness;

namespace Alignment.Golden.Tests.Families;

/// <summary>KTO with ids through the tiny models.</summary>
internal static class KtoThroughModel
{
    internal static void Check(GoldenCase c) => throw new UnsupportedCaseException($"{c.Name}: the decoder");
}
