namespace Alignment.Statistics.Aggregation;

/// <summary>One label that one worker gave to one task; all three are indices from 0.</summary>
public readonly record struct VoteAnnotation(int Task, int Worker, int Label);
