using System.CommandLine;

namespace Alignment.Suite.Commands.Bench;

/// <summary>One measurement under <c>align bench</c>; one file each, found by reflection, with a parameterless constructor.</summary>
internal interface IBenchmark
{
    /// <summary>The verb: <c>methods</c>, <c>peft</c> …</summary>
    string Name { get; }

    /// <summary>One line for the help.</summary>
    string Help { get; }

    /// <summary>Options beside <c>--json</c> and <c>--quick</c>.</summary>
    IEnumerable<Option> Options => [];

    /// <summary>Measures, prints one table and, when asked, writes the same numbers as JSON. Returns the exit code.</summary>
    int Run(BenchArguments arguments, CancellationToken cancellation);
}

/// <param name="Quick">Smaller: shows that it works, in about a minute for each line.</param>
/// <param name="Json">File for the numbers, or null.</param>
/// <param name="Parsed">Values of the benchmark's own options.</param>
internal sealed record BenchArguments(bool Quick, string? Json, ParseResult Parsed);
