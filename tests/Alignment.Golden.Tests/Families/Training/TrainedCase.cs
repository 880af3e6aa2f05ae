using Alignment.ModelCore.Diagnostics;

namespace Alignment.Golden.Tests.Families.Training;

/// <summary>What a run of one of the product's recipes left behind.</summary>
internal sealed record TrainedCase(MemoryMetrics Metrics, IReadOnlyDictionary<string, double[]> Parameters, IReadOnlyDictionary<string, double[]> FirstMoments);
