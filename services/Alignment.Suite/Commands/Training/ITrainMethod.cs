using System.Text.Json.Nodes;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Training;

namespace Alignment.Suite.Commands.Training;

/// <summary>One way to train under <c>align train</c>; one file each, found by reflection.</summary>
internal interface ITrainMethod
{
    /// <summary>The verb: <c>sft</c>, <c>dpo</c> …</summary>
    string Name { get; }

    /// <summary>One line for the help.</summary>
    string Help { get; }

    /// <summary>Every key with its default, for <c>--explain</c>.</summary>
    TrainingOptions Defaults { get; }

    /// <summary>Checks the keys and returns what runs them, so that a bad job file is refused before anything is loaded.</summary>
    /// <exception cref="OptionsException">The keys are unknown, out of range or contradictory.</exception>
    Func<TrainingFolders, IMetricsSink, CancellationToken, TrainingResult> Prepare(JsonObject keys);
}
