using System.Data.Common;

namespace Alignment.Jobs;

/// <summary>A success. Result, effects and events are committed in one fenced transaction: a worker that lost its lease writes none of them.</summary>
/// <param name="ResultJson">JSON object kept in the job row; cycles pass on its <c>checkpoint</c>, <c>snapshot</c> and <c>gate</c>.</param>
public sealed record JobOutcome(string ResultJson)
{
    /// <summary>Rows that belong to the success; may run again when a transient fault repeats the transaction.</summary>
    public Func<DbTransaction, CancellationToken, Task>? Effects { get; init; }

    /// <summary>Further records of Contracts for the outbox.</summary>
    public IReadOnlyList<object> Events { get; init; } = [];
}
