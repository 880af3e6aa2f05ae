namespace Alignment.SupervisedFineTuning.Tests.Recipes;

/// <summary>Tests whose dropout or noise comes from torch's one generator, which belongs to the process: a run beside another one would draw from its numbers.</summary>
[CollectionDefinition(nameof(OwnGenerator), DisableParallelization = true)]
public sealed class OwnGenerator;
