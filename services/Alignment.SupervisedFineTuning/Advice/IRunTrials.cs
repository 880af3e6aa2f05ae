using System.Text.Json.Nodes;
using Alignment.ModelCore.Training;
using Alignment.ModelCore.Training.Advice;

namespace Alignment.SupervisedFineTuning.Advice;

/// <summary>The recipes that can be advised on, and a way to try them.</summary>
public interface IRunTrials
{
    /// <summary>Names of the recipes.</summary>
    IReadOnlyList<string> Goals { get; }

    /// <summary>The defaults of one of <see cref="Goals"/>.</summary>
    TrainingOptions Defaults(string goal);

    /// <summary>Reads the files as the recipe will.</summary>
    /// <exception cref="Alignment.ModelCore.Data.DataException">Lists every bad line.</exception>
    void CheckRows(string goal, IReadOnlyList<string> files, JsonObject set);

    /// <summary>Binds a job as the recipe will.</summary>
    /// <exception cref="Alignment.ModelCore.Configuration.OptionsException">The recipe refuses it: a key is missing, unknown, out of range or contradictory.</exception>
    void Check(string goal, JsonObject keys);

    /// <summary>Real steps in a process of their own, or null where this host cannot start one: the formula then stands alone.</summary>
    TrialReport? Run(string goal, JsonObject keys, TimeSpan budget);
}
