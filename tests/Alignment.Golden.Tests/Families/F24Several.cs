using Alignment.Golden.Tests.Harness;

namespace Alignment.Golden.Tests.Families;

/// <summary>Several adapters on one base.</summary>
internal static class F24Several
{
    public static void Check(GoldenCase c) => throw new UnsupportedCaseException("several adapters");
}
