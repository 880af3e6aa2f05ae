namespace Alignment.Golden.Tests.Harness;

/// <summary>
/// Checks every case of one family at the tolerance its files give. One class per family, in <c>Families/</c>, with a
/// parameterless constructor; found by reflection.
/// </summary>
public interface IGoldenCheck
{
    /// <summary>The family's id, such as <c>F01</c>.</summary>
    string Family { get; }

    /// <summary>Returns when the case agrees.</summary>
    /// <exception cref="GoldenMismatchException">The case disagrees.</exception>
    /// <exception cref="UnsupportedCaseException">The product does not do what the case asks; the message says what is missing.</exception>
    void Check(GoldenCase c);
}

/// <summary>The product's answer differs from the oracle's.</summary>
public sealed class GoldenMismatchException(string message) : Exception(message);

/// <summary>The product lacks what the case asks for; listed by name, never counted as passed.</summary>
public sealed class UnsupportedCaseException(string what) : Exception(what);
