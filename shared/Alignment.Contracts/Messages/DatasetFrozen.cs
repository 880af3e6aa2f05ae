namespace Alignment.Contracts.Messages;

/// <summary>An immutable snapshot exists.</summary>
[Contract("dataset-frozen")]
public sealed record DatasetFrozen(string DatasetId, string Snapshot, long Rows);
