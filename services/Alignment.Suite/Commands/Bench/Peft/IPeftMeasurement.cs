namespace Alignment.Suite.Commands.Bench.Peft;

/// <summary>One section of <c>align bench peft</c>: prints its table and gives its numbers. One file each, found by reflection.</summary>
internal interface IPeftMeasurement
{
    /// <summary>Key of its numbers in the JSON file.</summary>
    string Name { get; }

    /// <summary>Place among the sections.</summary>
    int Order { get; }

    /// <summary>The numbers, to be written as JSON, and whether they are as they must be.</summary>
    (object Numbers, bool Passed) Measure(PeftTask task, IReadOnlyList<string>? only, Action<string> say, CancellationToken cancellation);
}
