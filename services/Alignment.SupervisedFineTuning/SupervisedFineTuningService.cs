using Alignment.ServiceDefaults;
using Alignment.SupervisedFineTuning.Jobs;

namespace Alignment.SupervisedFineTuning;

/// <summary>Claims <c>sft.train</c> jobs.</summary>
public static class SupervisedFineTuningService
{
    public static IHostApplicationBuilder AddSupervisedFineTuning(this IHostApplicationBuilder builder)
    {
        builder.AddServiceDefaults("sft");
        return builder.AddJobRunner<SftJobRunner>();
    }
}
