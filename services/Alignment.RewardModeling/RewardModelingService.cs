using Alignment.RewardModeling.Jobs;
using Alignment.ServiceDefaults;

namespace Alignment.RewardModeling;

/// <summary>Claims <c>reward.train</c> jobs.</summary>
public static class RewardModelingService
{
    public static IHostApplicationBuilder AddRewardModeling(this IHostApplicationBuilder builder)
    {
        builder.AddServiceDefaults("reward");
        return builder.AddJobRunner<RewardJobRunner>();
    }
}
