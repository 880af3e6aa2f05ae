using Alignment.Golden.Tests.Harness;

namespace Alignment.Golden.Tests.Families;

/// <summary>Process reward models over whole sequences.</summary>
internal static class ProcessRewardThroughModel
{
    internal static void Check(GoldenCase c) => throw new UnsupportedCaseException($"{c.Name}: the decoder");
}
