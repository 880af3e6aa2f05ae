using Alignment.Golden.Tests.Harness;

namespace Alignment.Golden.Tests.Families;

/// <summary>Reward models over whole sequences.</summary>
internal static class RewardThroughModel
{
    internal static void Check(GoldenCase c) => throw new UnsupportedCaseException($"{c.Name}: the decoder");
}
