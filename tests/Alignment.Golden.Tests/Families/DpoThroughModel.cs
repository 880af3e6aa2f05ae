using Alignment.Golden.Tests.Harness;

namespace Alignment.Golden.Tests.Families;

/// <summary>Cases that put ids through the tiny models.</summary>
internal static class DpoThroughModel
{
    internal static void Check(GoldenCase c) => throw new UnsupportedCaseException($"{c.Name}: the decoder");
}
