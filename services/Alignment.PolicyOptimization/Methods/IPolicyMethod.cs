using System.Text.Json.Nodes;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Training;

namespace Alignment.PolicyOptimization.Methods;

/// <summary>
/// One way to optimise a policy: <c>align train NAME</c> and the <c>method</c> of a job row alike. One file each, found by reflection;
/// an implementation needs nothing but a parameterless constructor.
/// </summary>
public interface IPolicyMethod
{
    /// <summary><c>dpo</c>, <c>kto</c> …</summary>
    string Name { get; }

    /// <summary>One line for the help.</summary>
    string Help { get; }

    /// <summary>Every key with its default.</summary>
    TrainingOptions Defaults { get; }

    /// <summary>Checks the keys and returns what runs them; nothing is loaded before that is called.</summary>
    /// <exception cref="OptionsException">The keys are unknown, out of range or contradictory.</exception>
    PolicyRun Prepare(JsonObject keys);
}

/// <summary>A checked run: its options, and what reads their data and trains.</summary>
public sealed record PolicyRun(TrainingOptions Options, Func<TrainingFolders, IMetricsSink, CancellationToken, TrainingResult> Train);
