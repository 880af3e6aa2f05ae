using Alignment.ModelCore.Configuration;

namespace Alignment.ModelCore.Training;

/// <summary>Which keys of a run need extensions, and what makes them.</summary>
public static class RunExtensions
{
    /// <summary>Keys that nothing acts on are refused, not ignored.</summary>
    internal static void Check(TrainingOptions options, RunInputs inputs)
    {
        if (inputs.Extensions is null && options.Evaluation.Data.Count > 0)
        {
            throw new OptionsException(["evaluation: this recipe has no evaluation. Remove the section."]);
        }

        if (options.Schedule == "reduce_lr_on_plateau" && options.Evaluation.Data.Count == 0)
        {
            throw new OptionsException(["schedule: reduce_lr_on_plateau follows a metric and needs evaluation.data, the held-out file to measure on."]);
        }
    }
}
